package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Historian is a [Source] that can tell what happened before it was watched.
type Historian interface {
	// History returns what happened from since on until a time, in slices of a step. A zero
	// since is as long ago as is known, a zero until is now, a zero step as short as can
	// be; the answer says which step it has. An error is a *[Failure].
	History(ctx context.Context, since, until time.Time, step time.Duration) (Past, error)
}

var (
	_ Historian = (*HTTP)(nil)
	_ Historian = (*Embedded)(nil)
)

// Past is what happened in a stretch of time. Slices in which nothing waited, ran or
// happened are left out: where there is no gap, the server was idle then. Slices and
// troubles of one time belong together.
type Past struct {
	Since    Opt[time.Time]     `json:"since"` // the beginning of the first slice,
	Until    Opt[time.Time]     `json:"until"` // and the end of what is told
	Step     Opt[time.Duration] `json:"stepMs"`
	Slices   List[Slice]        `json:"slices" last:"1000"`   // oldest first; the last one may not be over
	Gaps     List[Gap]          `json:"gaps" last:"1000"`     // in which the server did not run, or of which nothing is known any more
	Troubles List[Event]        `json:"troubles" last:"5000"` // oldest first
}

// Gap is a stretch of time of which nothing is known.
type Gap struct {
	Since Opt[time.Time] `json:"since"`
	Until Opt[time.Time] `json:"until"`
}

// finish implements [finisher].
func (g *Gap) finish(object) bool {
	return g.Since.Known && g.Until.Known && g.Until.Value.After(g.Since.Value)
}

// maxHistory is the size of the largest answer that tells of the past, in bytes.
const maxHistory = 8 << 20

// DecodePast reads the body of GET /api/queue/history. A figure that makes no sense is
// unknown, and does not affect the others. An error is a *[Failure].
func DecodePast(body []byte) (Past, error) {
	root, f := parse(body)
	if f != nil {
		return Past{}, f
	}
	if _, ok := root["slices"].([]any); !ok {
		if words := root.errorText(); words != "" {
			return Past{}, &Failure{Words: Clean("the server failed: " + words), Hint: "look into the server's log", Err: errHistory}
		}
		return Past{}, &Failure{Words: "this JSON is not the history of a queue", Hint: "is this the right address?", Err: errHistory}
	}
	var p Past
	fillStruct(&p, root)
	return p, nil
}

var errHistory = errors.New("client: no history")

// History returns what happened in a stretch of time, see [Historian]. The answer is
// written and read as JSON, as with Poll.
func (s *Embedded) History(ctx context.Context, since, until time.Time, step time.Duration) (Past, error) {
	if f := s.unavailable(ctx); f != nil {
		return Past{}, f
	}
	if s.past != nil {
		if err := s.past(ctx); err != nil {
			return Past{}, &Failure{Words: "the past is not there yet", Err: err}
		}
	}
	body, err := json.Marshal(s.queue.History(since, until, step))
	if err != nil {
		return Past{}, &Failure{Words: "the history has a figure that cannot be written", Err: err}
	}
	return DecodePast(body)
}

// History asks the server what happened in a stretch of time, see [Historian].
func (s *HTTP) History(ctx context.Context, since, until time.Time, step time.Duration) (Past, error) {
	u, ok := s.sibling("history")
	if !ok {
		return Past{}, &Failure{Words: "nothing of the past can be told at this address", Hint: "give the address of the server itself, such as http://127.0.0.1:3000", Err: ErrNotOffered}
	}
	u.RawQuery = historyQuery(since, until, step).Encode()
	body, f := s.callAtMost(ctx, http.MethodGet, u, nil, maxHistory)
	if f != nil {
		if errors.Is(f, ErrNotOffered) {
			f.Words, f.Hint = "this server keeps no history", "is it a paceline, and not an older one?"
		}
		return Past{}, f
	}
	return DecodePast(body)
}

// historyQuery is the query of GET /api/queue/history.
func historyQuery(since, until time.Time, step time.Duration) url.Values {
	q := url.Values{"since": {"24h"}}
	if !since.IsZero() {
		q.Set("since", since.UTC().Format(time.RFC3339Nano))
	}
	if !until.IsZero() {
		q.Set("until", until.UTC().Format(time.RFC3339Nano))
	}
	if step > 0 {
		q.Set("step", step.String())
	}
	return q
}
