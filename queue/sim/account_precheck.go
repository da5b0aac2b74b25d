package sim

import "net/http"

// precheck returns the decision about a call that reaches no bucket: the connection
// is refused, the request is malformed, or the account lacks what it needs. False
// for any other call.
func (a *Account) precheck(now micros, c Call, l draws) (Decision, bool) {
	unreachable, refused, _ := a.storms(now)
	d := Decision{Took: l.failsAfter}
	switch {
	case l.failure < unreachable:
		d.Message = "connection refused"
	case l.failure < unreachable+refused:
		d.Status, d.ErrorType, d.Message = http.StatusTooManyRequests, "rate_limit_error", "Too many requests (simulated)"
	case c.Malformed == http.StatusNotFound:
		d.Status, d.ErrorType, d.Message = c.Malformed, "not_found_error", "Not found (simulated)"
	case c.Malformed == http.StatusRequestEntityTooLarge:
		d.Status, d.ErrorType, d.Message = c.Malformed, "request_too_large", "Request exceeds the maximum size (simulated)"
	case c.Malformed != 0:
		d.Status, d.ErrorType, d.Message = c.Malformed, "invalid_request_error", "Invalid request (simulated)"
	case c.Lacking:
		d.Status, d.ErrorType, d.Message = http.StatusTooManyRequests, "rate_limit_error", lackingMessage
	default:
		return Decision{}, false
	}
	return d, true
}

const lackingMessage = "Extra usage is required for long context requests (simulated)"

// storms returns the shares of the calls that cannot connect now, that get 429, and that get
// 529.
func (a *Account) storms(now micros) (unreachable, refused, overloaded float64) {
	overloaded = a.settings.Faults.Overloaded
	for _, s := range a.settings.Storms {
		if from := inMicros(s.At); now < from || now-from >= inMicros(s.Length) {
			continue
		}
		switch {
		case s.Connection:
			unreachable = s.Share
		case s.Refusing:
			refused = s.Share
		default:
			overloaded = s.Share
		}
	}
	return unreachable, refused, overloaded
}
