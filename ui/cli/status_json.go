package cli

import (
	"paceline/client"
	"paceline/ui/cli/command"
)

// statusJSON is what status --json prints: the keys of the wire, null where the
// endpoint did not say or said nonsense, and after them what we make of it.
type statusJSON struct {
	client.Sample
	Detail *statusDetail `json:"detail"` // null where the endpoint tells none

	Verdict string  `json:"verdict"` // healthy, warning, critical or unreachable
	Reason  *string `json:"reason"`  // of the verdict, in words
	Exit    int     `json:"exit"`
	Error   *string `json:"error"` // why it is unreachable
}

// statusDetail is the detail without its events, which are a log and no figures.
type statusDetail struct {
	*client.Detail
	Events      *struct{} `json:"events,omitempty"`
	EventsTotal *struct{} `json:"eventsTotal,omitempty"`
}

// newStatusJSON returns what is printed of a reading.
func newStatusJSON(r pollResult) statusJSON {
	out := statusJSON{Verdict: r.verdictName(), Exit: r.exit()}
	if r.failed != nil {
		words := command.JoinNonEmpty("; ", r.failed.Words, r.failed.Hint)
		out.Error = &words
		return out
	}
	out.Sample, out.Reason = r.sample, &r.verdict.Message
	if r.sample.Detail != nil {
		out.Detail = &statusDetail{Detail: r.sample.Detail}
	}
	return out
}
