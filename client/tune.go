package client

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
)

// Tuner is a [Source] that can change the settings of a running queue. The monitor
// lets settings be changed only then.
type Tuner interface {
	// Tune changes one field. The effect shows in the next samples. After an error,
	// which is a *[Failure], nothing has changed.
	Tune(ctx context.Context, c Change) error
}

// Change is one field of a queue's settings and its new value.
type Change struct {
	Field string  // as on the wire: "minDelayMs", "maxInFlight", "thresholds.warnWaiting"
	Value float64 // in the field's unit: milliseconds, a number, a share from 0 to 1
}

var (
	_ Tuner = (*HTTP)(nil)
	_ Tuner = (*Embedded)(nil)
)

// Tune changes one of the queue's settings. An error is a *[Failure].
func (s *Embedded) Tune(ctx context.Context, c Change) error {
	if f := s.unavailable(ctx); f != nil {
		return f
	}
	if _, err := s.queue.ChangeSettings(map[string]float64{c.Field: c.Value}, monitorName); err != nil {
		return &Failure{Words: Clean(strings.TrimPrefix(err.Error(), "queue: ")), Err: err}
	}
	return nil
}

// Tune asks the server to change one of its settings. An error is a *[Failure].
func (s *HTTP) Tune(ctx context.Context, c Change) error {
	body, f := c.body()
	if f != nil {
		return f
	}
	u, ok := s.sibling("settings")
	if !ok {
		return &Failure{Words: "no settings can be changed at this address", Hint: "give the address of the server itself, such as http://127.0.0.1:3000", Err: errTune}
	}
	answer, f := s.call(ctx, http.MethodPatch, u, body)
	if f != nil {
		return f
	}
	root, f := parse(answer)
	if f != nil {
		return f
	}
	if !root.millis("minDelayMs").Known {
		return &Failure{Words: "the answer does not say that the setting was changed", Hint: "look at the settings, and whether the server is a paceline", Err: errTune}
	}
	s.stream.discard()
	return nil
}

var errTune = errors.New("client: not changed")

// body returns the change as the body of a PATCH.
func (c Change) body() ([]byte, *Failure) {
	if math.IsNaN(c.Value) || math.IsInf(c.Value, 0) {
		return nil, &Failure{Words: Clean(c.Field) + " must be a number", Err: errTune}
	}
	var change any = map[string]float64{c.Field: c.Value}
	if group, field, ok := strings.Cut(c.Field, "."); ok {
		change = map[string]map[string]float64{group: {field: c.Value}}
	}
	body, err := json.Marshal(change)
	if err != nil {
		return nil, &Failure{Words: "the change cannot be written", Err: err}
	}
	return body, nil
}
