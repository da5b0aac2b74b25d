package sim

import (
	"net/http"
	"time"
)

// hasFast reports whether the account may use the fast mode of a model.
func (a *Account) hasFast(model string) bool {
	l := a.settings.Fast.Of(a.Group(model))
	return l.InputTokensPerMinute > 0 && l.OutputTokensPerMinute > 0
}

// refuseFast refuses a call for a fast mode with a limit of 0, as if it were used up for
// now.
func (a *Account) refuseFast(l draws) Decision {
	d := Decision{
		Status: http.StatusTooManyRequests, ErrorType: "rate_limit_error", RefusedBy: LimitInput, TooLarge: true, Took: l.failsAfter,
		Message: "This request would exceed your organization's rate limit of 0 input tokens per minute in fast mode (simulated)",
	}
	if !a.settings.NoRetryAfter {
		d.RetryAfter = time.Minute
	}
	return d
}
