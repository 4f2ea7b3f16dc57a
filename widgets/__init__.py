"""Shows Mixpanel's numbers in Cyfe. Data flows from `mixpanel` through `reports`, as a Report, to `cyfe`."""
