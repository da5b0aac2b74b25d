package sim

import (
	"errors"
	"math"
	"math/rand/v2"
	"time"
)

// Speed is how fast the models of a group answer. The zero Speed takes no time.
type Speed struct {
	// FirstToken is the median time to the first token, and FirstTokenP99 its 99th
	// percentile; at least FirstToken.
	FirstToken, FirstTokenP99 time.Duration
	// PromptPerSecond is how many input tokens are read in a second before that;
	// cached ones are read ten times as fast. Zero takes no time.
	PromptPerSecond float64
	// TokensPerSecond is the median speed of output, and TokensPerSecondP1 its 1st
	// percentile; at most TokensPerSecond. Zero takes no time.
	TokensPerSecond, TokensPerSecondP1 float64
}

// DefaultSpeeds returns plausible speeds of the model families. The real ones are
// not published.
func DefaultSpeeds() map[string]Speed {
	return map[string]Speed{
		"":       {800 * time.Millisecond, 4 * time.Second, 25_000, 75, 30},
		"opus":   {1100 * time.Millisecond, 5 * time.Second, 15_000, 55, 25},
		"sonnet": {800 * time.Millisecond, 4 * time.Second, 25_000, 75, 30},
		"haiku":  {450 * time.Millisecond, 2 * time.Second, 60_000, 150, 70},
		"fable":  {1500 * time.Millisecond, 7 * time.Second, 10_000, 45, 20},
	}
}

func (s Speed) validate() error {
	return errors.Join(
		inRange("firstToken", s.FirstToken, 0, time.Hour),
		inRange("firstTokenP99", s.FirstTokenP99, s.FirstToken, time.Hour),
		inRange("promptPerSecond", s.PromptPerSecond, 0, 1e9),
		inRange("tokensPerSecond", s.TokensPerSecond, 0, 1e9),
		inRange("tokensPerSecondP1", s.TokensPerSecondP1, min(s.TokensPerSecond, 0.01), s.TokensPerSecond),
	)
}

const (
	slowestFirst = 2 * time.Minute // to the first token
	slowestRest  = time.Hour       // from the first token to the last
	cacheFaster  = 10              // how many times faster cached input is read
)

// Scaled returns a speed that is times as fast.
func (s Speed) Scaled(times float64) Speed {
	shorter := func(d time.Duration) time.Duration { return time.Duration(float64(d) / times) }
	return Speed{
		FirstToken: shorter(s.FirstToken), FirstTokenP99: shorter(s.FirstTokenP99), PromptPerSecond: s.PromptPerSecond * times,
		TokensPerSecond: s.TokensPerSecond * times, TokensPerSecondP1: s.TokensPerSecondP1 * times,
	}
}

// Draw draws the times to the first and the last token of the answer to c. It
// always draws the same amount of random numbers.
func (s Speed) Draw(rng *rand.Rand, c Call) (first, took time.Duration) {
	return s.times(c, rng.NormFloat64(), rng.NormFloat64())
}

// Usual returns the median time to the last token of the answer to c.
func (s Speed) Usual(c Call) time.Duration {
	_, took := s.times(c, 0, 0)
	return took
}

// times returns the times to the first and the last token, these many standard
// deviations slower than the median.
func (s Speed) times(c Call, think, slow float64) (first, took time.Duration) {
	if s.FirstToken > 0 {
		sigma := math.Log(float64(s.FirstTokenP99)/float64(s.FirstToken)) / z99
		first = time.Duration(min(float64(s.FirstToken)*math.Exp(sigma*think), float64(slowestFirst)))
	}
	if s.PromptPerSecond > 0 {
		read := float64(c.InputTokens+c.CacheCreationTokens) + float64(c.CacheReadTokens)/cacheFaster
		first += time.Duration(min(read/s.PromptPerSecond, slowestFirst.Seconds()) * float64(time.Second))
	}
	took = first
	if s.TokensPerSecond > 0 {
		sigma := math.Log(s.TokensPerSecond/s.TokensPerSecondP1) / z99
		pace := s.TokensPerSecond * math.Exp(-sigma*slow)
		took += time.Duration(min(float64(c.output())/pace, slowestRest.Seconds()) * float64(time.Second))
	}
	return first, took
}
