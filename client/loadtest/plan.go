package loadtest

import (
	"errors"
	"fmt"
	"time"

	"paceline/queue/human"
)

// The upper bounds of a plan.
const (
	maxUsers    = 10_000
	maxMessages = 1_000_000
	maxRate     = 10_000
	maxGap      = 24 * time.Hour
)

// DefaultOutstanding is the largest number of unanswered messages in an open loop.
const DefaultOutstanding = 10_000

// Plan is a load: what is sent, and when. The zero Plan sends nothing and is
// refused; start from [Named] or fill in Users and Messages.
type Plan struct {
	// Name is the name of a published load; empty for another plan.
	Name string
	// Users is the number of users, 1 to 10,000. In a closed loop all of them begin at
	// once; in an open loop they take turns.
	Users int
	// Messages is the number of messages that each user sends, one after the other.
	// Closed loop only.
	Messages int
	// Gap is the pause of a user between an answer and the next message; zero for
	// none. Closed loop only.
	Gap time.Duration
	// Rate is the number of arrivals a second in an open loop, up to 10,000; zero for a
	// closed loop.
	Rate float64
	// Arrivals is the number of messages in an open loop.
	Arrivals int
	// Outstanding is the largest number of unanswered messages in an open loop; an
	// arrival beyond it is counted as not sent. Zero means [DefaultOutstanding].
	Outstanding int
}

// Names returns the names of the published loads, the lightest first.
func Names() []string { return []string{"light", "moderate", "heavy"} }

// Named returns a published load.
func Named(name string) (Plan, bool) {
	switch name {
	case "light":
		return Plan{Name: name, Users: 2, Messages: 2}, true
	case "moderate":
		return Plan{Name: name, Users: 5, Messages: 3}, true
	case "heavy":
		return Plan{Name: name, Users: 10, Messages: 2}, true
	default:
		return Plan{}, false
	}
}

// Figures are the two times by which loads are compared.
type Figures struct {
	Average, Max time.Duration
}

// Published returns the figures that were published for a load, measured against
// the older deployment.
func Published(name string) (Figures, bool) {
	switch name {
	case "light":
		return Figures{2300 * time.Millisecond, 4800 * time.Millisecond}, true
	case "moderate":
		return Figures{5800 * time.Millisecond, 12 * time.Second}, true
	case "heavy":
		return Figures{10_400 * time.Millisecond, 25 * time.Second}, true
	default:
		return Figures{}, false
	}
}

// Open reports whether the plan is an open loop.
func (p Plan) Open() bool { return p.Rate > 0 }

// Total returns the number of messages.
func (p Plan) Total() int {
	if p.Open() {
		return p.Arrivals
	}
	return p.Users * p.Messages
}

// String returns the plan in words.
func (p Plan) String() string {
	if p.Open() {
		return fmt.Sprintf("%s, %g a second, of %s", human.Plural(p.Arrivals, "arrival"), p.Rate, human.Plural(p.Users, "user"))
	}
	words := human.Plural(p.Users, "user") + " × " + human.Plural(p.Messages, "message")
	if p.Gap > 0 {
		words += ", " + human.Exact(p.Gap) + " apart"
	}
	return words
}

// Validate returns an error that names each field that is out of its range; nil
// if there is none.
func (p Plan) Validate() error {
	errs := []error{inRange("users", p.Users, 1, maxUsers)}
	if p.Rate != 0 {
		errs = append(errs,
			inRange("rate", p.Rate, 0.001, maxRate),
			inRange("arrivals", p.Arrivals, 1, maxMessages),
			inRange("outstanding", p.Outstanding, 0, DefaultOutstanding))
	} else {
		errs = append(errs,
			inRange("messages", p.Messages, 1, maxMessages/max(p.Users, 1)),
			inRange("gap", p.Gap, 0, maxGap))
	}
	return errors.Join(errs...)
}

// inRange returns an error if v is not between low and high.
func inRange[T int | float64 | time.Duration](field string, v, low, high T) error {
	if v >= low && v <= high { // false for NaN, too
		return nil
	}
	return fmt.Errorf("loadtest: %s is %v: must be from %v to %v", field, v, low, high)
}

// userName returns the name of a user on the wire, counted from 1.
func userName(user int) string { return fmt.Sprintf("loadtest-%d", user+1) }

// arrivalTime returns when a message of an open loop is sent, from the beginning.
func (p Plan) arrivalTime(number int) time.Duration {
	return time.Duration(float64(number) / p.Rate * float64(time.Second))
}
