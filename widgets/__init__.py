"""MixCyfe: Mixpanel's numbers, laid out for Cyfe. Data flows mixpanel → reports → Report → cyfe."""
