package queue

import "fmt"

// Event is something that happened in a queue: what the log prints and the
// monitor lists.
type Event struct {
	Time     Time         `json:"time"`
	Kind     Kind         `json:"kind"`
	User     string       `json:"user,omitempty"`
	Group    string       `json:"-"` // of the user, see [Request]
	Lane     string       `json:"lane,omitempty"`
	Waiting  int          `json:"waiting"`            // requests waiting just after
	Millis   int64        `json:"millis,omitempty"`   // waited, spacing, back-off or pause, by Kind
	Error    string       `json:"error,omitempty"`    // what went wrong, in words
	Class    ClassName    `json:"class,omitempty"`    // of the failure
	By       string       `json:"by,omitempty"`       // the person that reset the counters, changed the settings or a priority, ended the pause or cancelled the request; empty: nobody
	From     string       `json:"from,omitempty"`     // of KindPriority: what it was; empty: of several
	To       string       `json:"to,omitempty"`       // and what it is
	Count    int          `json:"count,omitempty"`    // of KindPriority: so many requests; 0: one
	Alone    bool         `json:"alone,omitempty"`    // of KindOutage: nothing succeeds in Lane, and calls of other lanes do
	OwnPause bool         `json:"ownPause,omitempty"` // of KindPaused: the API named no time, and Millis is the longest
	Change   string       `json:"change,omitempty"`   // of KindSettings: "minDelay 1.5 s → 1.6 s, step 200 ms → 0 s"
	Metrics  *MetricsLine `json:"-"`                  // of KindMetrics
	Stack    string       `json:"-"`                  // of KindTrouble: the stack of a panic, for the log only
}

// Kind is what an [Event] is about.
type Kind string

// The kinds of event.
const (
	KindAdded     Kind = "added"
	KindBusy      Kind = "busy"    // the first start after nothing was waiting or running
	KindStarted   Kind = "started" // Millis: waited
	KindCompleted Kind = "completed"
	KindFailed    Kind = "failed"
	KindRetry     Kind = "retry"     // Millis: back-off
	KindPaused    Kind = "paused"    // Millis: how long
	KindResumed   Kind = "resumed"   // By: who ended it; Class: of a breaker's failures, if it was its wait that ended
	KindOutage    Kind = "outage"    // nothing succeeds, but not for the rate limit; Class: for what, Lane: of the call that showed it
	KindRecovered Kind = "recovered" // calls have been accepted again for some seconds; Millis: how long none was, Lane: of the last one
	KindSpacing   Kind = "spacing"   // Millis: the whole spacing
	KindCancelled Kind = "cancelled"
	KindPriority  Kind = "priority" // of one that waits, or of all of a user's
	KindRefused   Kind = "refused"
	KindTimedOut  Kind = "timed-out" // silent for MaxRun
	KindIdle      Kind = "idle"      // nothing waits or runs any more
	KindReset     Kind = "reset"
	KindSettings  Kind = "settings"
	KindDraining  Kind = "draining"  // Millis: until what is left is ended; 0: no end was set, or it is now
	KindRestarted Kind = "restarted" // Millis: how long nothing ran; Waiting: how many had waited when it broke off, as far as is known; of a history that goes on, not in the log
	KindLost      Kind = "lost"      // Millis: how many events the log was too slow for; not kept
	KindTrouble   Kind = "trouble"   // a part beside the requests failed; Error: which, and why
	KindMetrics   Kind = "metrics"   // every 30 s while there is traffic; not kept
)

// IsRoutine reports whether events of the kind tell of requests that come and go as they should,
// unless somebody asked for it: a caller that leaves cancels its request.
func (k Kind) IsRoutine() bool {
	switch k {
	case KindAdded, KindBusy, KindStarted, KindCompleted, KindSpacing, KindIdle, KindMetrics, KindCancelled:
		return true
	default:
		return false
	}
}

// MetricsLine is the metrics line of the log.
type MetricsLine struct {
	Total, Successful, Failed int64
	SuccessRate, AverageWait  string
	Waiting                   int
	Healthy                   bool
}

// Line returns the event as operators know it from the log, without its time and
// on one line: control characters are escaped.
func (e Event) Line() string {
	user := Escape(e.User)
	switch e.Kind {
	case KindAdded:
		return fmt.Sprintf("📥 [QUEUE] Request added for %s (queue: %d)", user, e.Waiting)
	case KindBusy:
		return fmt.Sprintf("🔄 [QUEUE] Starting to process %d requests", e.Waiting)
	case KindStarted:
		return fmt.Sprintf("⚡ [QUEUE] Processing request for %s (waited %dms)", user, e.Millis)
	case KindCompleted:
		return fmt.Sprintf("✅ [QUEUE] Request completed for %s", user)
	case KindFailed:
		return fmt.Sprintf("❌ [QUEUE] Request failed for %s: %s", user, Escape(e.Error))
	case KindSpacing:
		return fmt.Sprintf("⏱️  [QUEUE] Waiting %dms before next request (queue: %d)", e.Millis, e.Waiting)
	case KindIdle:
		return "✨ [QUEUE] All requests processed"
	case KindMetrics:
		return e.Metrics.line()
	case KindRetry:
		return fmt.Sprintf("🔁 [QUEUE] Retrying request for %s in %dms: %s", user, e.Millis, Escape(e.Error))
	case KindPaused:
		return fmt.Sprintf("⏸️  [QUEUE] Paused by the API for %dms: %s", e.Millis, Escape(e.Error))
	case KindResumed:
		switch {
		case e.Class != "":
			return fmt.Sprintf("▶️  [QUEUE] Next try of the API brought forward by %s", Escape(e.By))
		case e.By != "":
			return fmt.Sprintf("▶️  [QUEUE] Pause ended by %s", Escape(e.By))
		}
		return "▶️  [QUEUE] Pause is over"
	case KindOutage:
		if e.Alone {
			return fmt.Sprintf("🔌 [QUEUE] Nothing succeeds for %s: %s", Escape(e.Lane), Escape(e.Error))
		}
		return "🔌 [QUEUE] Nothing succeeds: " + Escape(e.Error)
	case KindRecovered:
		return fmt.Sprintf("⏩ [QUEUE] Calls succeed again after %dms", e.Millis)
	case KindCancelled:
		if e.By != "" {
			return fmt.Sprintf("🚪 [QUEUE] Request of %s cancelled by %s", user, Escape(e.By))
		}
		return fmt.Sprintf("🚪 [QUEUE] Request cancelled by %s", user)
	case KindPriority:
		if e.Count > 0 {
			return fmt.Sprintf("🔀 [QUEUE] Requests of %s (%d) get %s priority%s", user, e.Count, e.To, by(e.By))
		}
		return fmt.Sprintf("🔀 [QUEUE] Request of %s gets %s priority in place of %s%s", user, e.To, e.From, by(e.By))
	case KindRefused:
		return fmt.Sprintf("⛔ [QUEUE] Request refused for %s: %s", user, Escape(e.Error))
	case KindTimedOut:
		return fmt.Sprintf("⌛ [QUEUE] Request for %s was silent for %dms, its slot is free", user, e.Millis)
	case KindReset:
		return fmt.Sprintf("🧹 [QUEUE] Metrics reset by %s", Escape(e.By))
	case KindSettings:
		change := ""
		if e.Change != "" {
			change = ": " + e.Change
		}
		if e.By == "" {
			return "🔧 [QUEUE] Settings changed" + change
		}
		return fmt.Sprintf("🔧 [QUEUE] Settings changed by %s%s", Escape(e.By), change)
	case KindTrouble:
		return "🚧 [QUEUE] A part beside the requests failed, they go on: " + Escape(e.Error)
	case KindRestarted:
		return "🔌 [QUEUE] Restarted"
	case KindLost:
		return fmt.Sprintf("❗ [QUEUE] %d log lines lost: the log is too slow", e.Millis)
	case KindDraining:
		if e.Millis > 0 {
			return fmt.Sprintf("🛑 [QUEUE] Draining for %dms at most, no new requests (queue: %d)", e.Millis, e.Waiting)
		}
		return fmt.Sprintf("🛑 [QUEUE] Draining, no new requests (queue: %d)", e.Waiting)
	default:
		return fmt.Sprintf("[QUEUE] %s", Escape(string(e.Kind)))
	}
}

// by names the person that asked; empty for nobody.
func by(name string) string {
	if name == "" {
		return ""
	}
	return ", by " + Escape(name)
}

func (l *MetricsLine) line() string {
	healthy := "✅"
	if !l.Healthy {
		healthy = "⚠️"
	}
	return fmt.Sprintf("📊 [QUEUE METRICS] { total: %d, successful: %d, failed: %d, successRate: '%s', avgWaitTime: '%s', currentQueue: %d, healthy: '%s' }",
		l.Total, l.Successful, l.Failed, l.SuccessRate, l.AverageWait, l.Waiting, healthy)
}
