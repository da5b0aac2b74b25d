package sim

import (
	"errors"
	"slices"
	"time"
)

// HTTPSettings are settings of a [Handler] beside those of its accounts or its API.
// The zero value is a server with a correct clock.
type HTTPSettings struct {
	// DateSkew is how far the server's clock is ahead, in everything it writes:
	// Date, the -reset headers, a retry-after that is a date. Below zero it is
	// behind. At most [MaxDateSkew] either way. Default 0.
	DateSkew time.Duration
	// RetryAfterDate writes retry-after as a date instead of seconds.
	RetryAfterDate bool
	// Compress sends all answers in gzip to those that accept it, streams too.
	Compress bool
	// LongAnswers is the share (0 to 1) of an account's answers that are as long as
	// max_tokens allows, up to 10,000 tokens; the others have 250 or so. Default 0.
	LongAnswers float64
	// LackingModels are the models whose requests are all [Call].Lacking. Default
	// none.
	LackingModels []string
}

// Validate returns an error for each setting out of its range, with the range; nil
// if there is none.
func (s HTTPSettings) Validate() error {
	return errors.Join(
		inRange("dateSkew", s.DateSkew, -MaxDateSkew, MaxDateSkew),
		inRange("longAnswers", s.LongAnswers, 0, 1),
	)
}

// Configure sets the settings of a Handler. It must not be called once h serves.
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

// lacking reports whether the model of a request is one of LackingModels.
func (s *HTTPSettings) lacking(r *messageRequest) bool {
	return slices.Contains(s.LackingModels, r.modelName) || slices.Contains(s.LackingModels, r.model.id)
}
