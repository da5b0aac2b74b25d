package queue

import (
	"cmp"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Trouble is a part beside the requests that has failed: what computes the advice,
// writes the log, keeps the state. The requests go on without it.
type Trouble struct {
	Part   string `json:"part"`   // "advice"
	Reason string `json:"reason"` // of the last time, in words, on one line
	At     Time   `json:"at"`     // the last time
	Count  int64  `json:"count"`  // how often since the start
}

// The parts that can be in trouble.
const (
	PartAdvice  = "advice"
	PartLog     = "log"
	PartMetrics = "metrics"         // the answers of the endpoint
	PartStream  = "metrics stream"  // the same as server-sent events
	PartState   = "state"           // the counters in a file
	PartLimits  = "account limits"  // from the Rate Limits API
	PartPings   = "early pings"     // for callers that wait long
	PartCapture = "capture"         // of the API's answers, in a file
	PartGateway = "gateway"         // the answer to a request, outside of the queue
	PartBodies  = "large requests"  // their files
	PartConns   = "connections"     // as many as may be open
	PartUsers   = "simulated users" // and the rest of the simulation
)

// maxTroubles is how many parts are kept, and how many reasons are reported once.
const maxTroubles = 32

// troubles are the last of each part. The zero troubles are none.
type troubles struct {
	mu       sync.Mutex
	all      map[string]*Trouble
	reported map[string]bool // parts with their reasons
}

// note keeps a trouble, and reports whether its reason is a new one.
func (t *troubles) note(part, reason string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.all[part]
	if of == nil {
		if len(t.all) == maxTroubles {
			return false
		}
		if t.all == nil {
			t.all, t.reported = map[string]*Trouble{}, map[string]bool{}
		}
		of = &Trouble{Part: part}
		t.all[part] = of
	}
	of.Reason, of.At = reason, Time{now}
	of.Count++
	key := part + ": " + reason
	if t.reported[key] || len(t.reported) == maxTroubles {
		return false
	}
	t.reported[key] = true
	return true
}

// list returns the troubles, the latest first.
func (t *troubles) list() []Trouble {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Trouble, 0, len(t.all))
	for _, of := range t.all {
		list = append(list, *of)
	}
	slices.SortFunc(list, func(a, b Trouble) int { return cmp.Or(b.At.Compare(a.At.Time), cmp.Compare(a.Part, b.Part)) })
	return list
}

// ReportTrouble notes that a part beside the requests has failed, and why: an error or
// words. [Detail] has the last trouble of each part; a reason that is new is an event,
// too, and so stands in the log once. Parts have few names; of more than 32 the first
// are kept.
func (q *Queue) ReportTrouble(part string, reason any) { q.noteTrouble(part, reason, nil) }

// ReportPanic is [Queue.ReportTrouble] for the value of a recovered panic, with its
// stack for the log.
func (q *Queue) ReportPanic(part string, value any, stack []byte) { q.noteTrouble(part, value, stack) }

// Troubles returns the last trouble of each part, the latest first.
func (q *Queue) Troubles() []Trouble { return q.troubles.list() }

// Guard runs f, a part beside the requests, and reports whether it returned. A panic
// of f is a [Trouble] of the part, and the log has its stack; nothing else ends.
func (q *Queue) Guard(part string, f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			q.noteTrouble(part, v, debug.Stack())
		}
	}()
	f()
	return true
}

// noteTrouble keeps a trouble, and emits an event if its reason is a new one. The stack
// is nil where nothing panicked.
func (q *Queue) noteTrouble(part string, reason any, stack []byte) {
	words := reasonText(reason)
	if !q.troubles.note(part, words, time.Now()) {
		return
	}
	q.update(func(now time.Time) {
		q.machine.trouble(now, part+": "+words, stack)
	})
}

// trouble notes in the events that a part beside the requests has failed.
func (m *Machine) trouble(now time.Time, words string, stack []byte) {
	m.advance(now)
	m.emit(&Event{Kind: KindTrouble, Error: words, Stack: string(stack)})
}
