package queue

import "slices"

// classWords say of each class what fails, as the cause of something else, and what to
// do about it.
var classWords = [classes]struct{ cause, remedy string }{
	ServerError:  {"server errors (5xx)", "Check the API's status (5xx)"},
	RateLimited:  {"the rate limit (429)", "Check the API tier (429)"},
	Overloaded:   {"overload (529)", "Wait: the API is overloaded for everybody (529)"},
	KeyRefused:   {"refused keys (401, 402, 403)", "Check the API key (401/403): is it valid, active and paid for?"},
	SpendCap:     {"the spend limit", "Raise the spend limit in the Claude Console"},
	NetworkError: {"connection errors", "Check the network (connection errors), DNS, the proxy and the API's address"},
	Timeout:      {"time-outs", "Check the API's answer times (time-outs)"},
	ClientError:  {"mistakes of the callers (400/404/413)", "Check the requests (400/404/413)"},
}

// Cause returns the failures of the class in words, as the cause of something else:
// "connection errors".
func (c Class) Cause() string { return classWords[min(c, classes-1)].cause }

// Remedy returns what to do about failures of the class, in words.
func (c Class) Remedy() string { return classWords[min(c, classes-1)].remedy }

// AttemptsHelp reports whether more attempts may help against failures of the class. A call
// that has taken too long is rather not made again.
func (c Class) AttemptsHelp() bool { return c.retried() && c != Timeout }

// Class returns the class of the name; false if it is none of ours.
func (n ClassName) Class() (Class, bool) {
	i := slices.Index(classNames[:], n)
	return Class(max(i, 0)), i >= 0
}

// ownMistake reports whether the caller's request or key is at fault, which says
// nothing about the API or the queue.
func (e *Error) ownMistake() bool {
	return e.Class == ClientError || e.Class == KeyRefused && e.CallerKey || e.Class == SpendCap && e.RequestScoped
}
