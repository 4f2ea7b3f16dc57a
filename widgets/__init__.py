"""MixCyfe shows Mixpanel's numbers in Cyfe. Data flows from the package `mixpanel` to `reports`, becomes a Report,
and goes to `cyfe`."""
