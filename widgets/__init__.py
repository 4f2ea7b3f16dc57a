"""MixCyfe: Mixpanel's numbers, laid out for Cyfe. Data walks mixpanel → reports → Report → cyfe."""
