package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"paceline/queue"
)

// Resumer is a [Source] that can have a lane try at once which the API has paused, or a
// breaker holds back. The monitor offers the key for it only then.
type Resumer interface {
	// Resume ends the pause of the lane of that name, for everybody, or its breaker's wait
	// for the next try. The empty name is the default lane's. The effect shows in the next
	// samples. An error is a *[Failure]; then the pause continues, or there was none.
	Resume(ctx context.Context, lane string) error
}

var (
	_ Resumer = (*HTTP)(nil)
	_ Resumer = (*Embedded)(nil)
)

var errResume = errors.New("client: not resumed")

// lanesName is the name of the endpoint for lanes.
const lanesName = "lanes"

// Resume ends the pause of one of the queue's lanes. An error is a *[Failure].
func (s *Embedded) Resume(ctx context.Context, lane string) error {
	if f := s.unavailable(ctx); f != nil {
		return f
	}
	lane = cmp.Or(lane, queue.DefaultLane)
	if !s.queue.Resume(lane, monitorName) {
		return notPaused(lane)
	}
	return nil
}

func notPaused(lane string) *Failure {
	return &Failure{Words: Clean("nothing holds back the lane " + lane + " any more"), Err: errResume}
}

// Resume asks the server to end the pause of one of its lanes. An error is a
// *[Failure].
func (s *HTTP) Resume(ctx context.Context, lane string) error {
	u, ok := s.sibling(lanesName)
	if !ok {
		return &Failure{Words: "no pause can be ended at this address", Hint: "give the address of the server itself, such as http://127.0.0.1:3000", Err: errResume}
	}
	lane = cmp.Or(lane, queue.DefaultLane)
	body, err := json.Marshal(map[string]any{"lane": lane, "resume": true})
	if err != nil {
		return &Failure{Words: "the lane's name cannot be written", Err: err}
	}
	answer, f := s.call(ctx, http.MethodPost, u, body)
	if f != nil {
		switch status, _ := errors.AsType[statusError](f); {
		case status == http.StatusConflict:
			return notPaused(lane)
		case errors.Is(f, ErrNotOffered):
			f.Words, f.Hint = "this server cannot end a pause", "is it a paceline, and not an older one?"
		}
		return f
	}
	root, f := parse(answer)
	if f != nil {
		return f
	}
	if !root.flag("success").Value {
		return &Failure{Words: "the answer does not say that the pause was ended", Hint: "look at the lanes, and whether the server is a paceline", Err: errResume}
	}
	s.stream.discard()
	return nil
}
