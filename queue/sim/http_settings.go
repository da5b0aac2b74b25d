package sim

import (
	"slices"
	"time"
)

// HTTPSettings are what a [Handler] does beside what its account, or its API,
// decides. The zero value is a server with a clock that is right.
type HTTPSettings struct {
	// DateSkew is how far the clock of the whole server is ahead, in all that it
	// writes: Date, the -reset headers, a retry-after that is a date. Below zero it
	// is behind. From -24 h to 24 h. Default 0.
	DateSkew time.Duration
	// RetryAfterDate writes retry-after as a date, in place of seconds.
	RetryAfterDate bool
	// LackingModels are the models for which every request lacks something, see
	// [Call].Lacking. Default none.
	LackingModels []string
}

// Validate returns an error that names each setting that is out of its range, and
// the range; nil if there is none.
func (s HTTPSettings) Validate() error {
	return inRange("dateSkew", s.DateSkew, -24*time.Hour, 24*time.Hour)
}

// Configure gives a Handler its settings. It must not be called once h serves.
func (h *Handler) Configure(s HTTPSettings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	s.LackingModels = slices.Clone(s.LackingModels)
	h.settings = s
	if h.accounts != nil {
		h.accounts.settings.dateSkew = s.DateSkew
	}
	return nil
}

// lacks reports whether every request for the model of a lacks something.
func (s *HTTPSettings) lacks(a *ask) bool {
	return slices.Contains(s.LackingModels, a.modelName) || slices.Contains(s.LackingModels, a.model.id)
}
