package client

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"paceline/queue"
)

// Tuner is a [Source] that can change the settings of a running queue. The monitor
// lets settings be changed only then.
type Tuner interface {
	// Tune makes all the changes, or none of them, in one request. The effect shows in the
	// next samples. After an error, which is a *[Failure], nothing has changed.
	Tune(ctx context.Context, changes []Change) error
	// SetPace changes what decides the pace, by its name, see [queue.Settings.WithPace]. The
	// rest is as with Tune.
	SetPace(ctx context.Context, pace string) error
}

// Change is one field of a queue's settings and its new value.
type Change struct {
	Field string  // as on the wire: "minDelayMs", "maxInFlight", "thresholds.warnWaiting"
	Value float64 // in the field's unit: milliseconds, a number, a share from 0 to 1
	// From is the value that it is changed from. Where the field has another one right
	// before the change, somebody else has changed it meanwhile, and [Tuner] makes no
	// change. Unknown: whatever the value is.
	From Opt[float64]
}

var (
	_ Tuner = (*HTTP)(nil)
	_ Tuner = (*Embedded)(nil)
)

var (
	errTune = errors.New("client: not changed")
	// ErrChangedMeanwhile is of a [Failure]: a setting has another value than the one that
	// it was to be changed from.
	ErrChangedMeanwhile = errors.New("client: changed meanwhile")
)

// Tune changes the queue's settings. An error is a *[Failure].
func (s *Embedded) Tune(ctx context.Context, changes []Change) error {
	if f := s.unavailable(ctx); f != nil {
		return f
	}
	if f := changedMeanwhile(changes, SettingsOf(s.queue.Settings())); f != nil {
		return f
	}
	values := map[string]float64{}
	for _, c := range changes {
		values[c.Field] = c.Value
	}
	if _, err := s.queue.ChangeSettings(values, "", monitorName); err != nil {
		return &Failure{Words: Clean(strings.TrimPrefix(err.Error(), "queue: ")), Err: err}
	}
	return nil
}

// Tune asks the server to change its settings. An error is a *[Failure].
func (s *HTTP) Tune(ctx context.Context, changes []Change) error {
	body, f := bodyOf(changes)
	if f != nil {
		return f
	}
	u, f := s.settingsURL()
	if f != nil {
		return f
	}
	if slices.ContainsFunc(changes, func(c Change) bool { return c.From.Known }) {
		now, f := s.settings(ctx, u)
		if f == nil {
			f = changedMeanwhile(changes, now)
		}
		if f != nil {
			return f
		}
	}
	return s.patchSettings(ctx, u, body)
}

// SetPace changes what decides the queue's pace. An error is a *[Failure].
func (s *Embedded) SetPace(ctx context.Context, pace string) error {
	if f := s.unavailable(ctx); f != nil {
		return f
	}
	if _, err := s.queue.ChangeSettings(nil, pace, monitorName); err != nil {
		return &Failure{Words: Clean(strings.TrimPrefix(err.Error(), "queue: ")), Err: err}
	}
	return nil
}

// SetPace asks the server to change what decides its pace. An error is a *[Failure].
func (s *HTTP) SetPace(ctx context.Context, pace string) error {
	u, f := s.settingsURL()
	if f != nil {
		return f
	}
	body, err := json.Marshal(map[string]string{"pace": pace})
	if err != nil {
		return &Failure{Words: "the pace cannot be written", Err: err}
	}
	return s.patchSettings(ctx, u, body)
}

// settingsURL returns the address of the server's settings.
func (s *HTTP) settingsURL() (*url.URL, *Failure) {
	u, ok := s.sibling("settings")
	if !ok {
		return nil, &Failure{Words: "no settings can be changed at this address", Hint: "give the address of the server itself, such as http://127.0.0.1:3000", Err: errTune}
	}
	return u, nil
}

// patchSettings sends a change of settings. An error is a *[Failure].
func (s *HTTP) patchSettings(ctx context.Context, u *url.URL, body []byte) error {
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

// settings asks for the settings as they are now.
func (s *HTTP) settings(ctx context.Context, u *url.URL) (Settings, *Failure) {
	answer, f := s.call(ctx, http.MethodGet, u, nil)
	if f != nil {
		return nil, f
	}
	root, f := parse(answer)
	if f != nil {
		return nil, f
	}
	var now Settings
	now.read(map[string]any(root), tags{})
	return now, nil
}

// changedMeanwhile says which of the settings have other values now than those that they are
// to be changed from; nil if none has.
func changedMeanwhile(changes []Change, now Settings) *Failure {
	var others []string
	for _, c := range changes {
		row, ok := queue.SettingAt(c.Field)
		if v, told := now[c.Field]; ok && told && c.From.Known && v != c.From.Value {
			others = append(others, row.Name+" is "+row.Words(v)+" now, no longer "+row.Words(c.From.Value))
		}
	}
	if others == nil {
		return nil
	}
	return &Failure{Words: strings.Join(others, "; "), Hint: "somebody else has changed it", Err: ErrChangedMeanwhile}
}

// bodyOf returns changes as the body of a PATCH.
func bodyOf(changes []Change) ([]byte, *Failure) {
	all := map[string]any{}
	for _, c := range changes {
		if math.IsNaN(c.Value) || math.IsInf(c.Value, 0) {
			return nil, &Failure{Words: Clean(c.Field) + " must be a number", Err: errTune}
		}
		group, field, ok := strings.Cut(c.Field, ".")
		if !ok {
			all[c.Field] = c.Value
			continue
		}
		in, ok := all[group].(map[string]float64)
		if !ok {
			in = map[string]float64{}
			all[group] = in
		}
		in[field] = c.Value
	}
	body, err := json.Marshal(all)
	if err != nil {
		return nil, &Failure{Words: "the changes cannot be written", Err: err}
	}
	return body, nil
}
