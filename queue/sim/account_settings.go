package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// AccountSettings are what an [Account] is and what happens to it. Zero means
// none everywhere; start from [DefaultAccountSettings]. Times of what is scripted
// count from Epoch.
type AccountSettings struct {
	// Epoch is the first moment, at which all buckets are full. Zero is the time
	// of the first call.
	Epoch time.Time
	// Seed fixes all that chance decides.
	Seed uint64
	// Groups are the models that share limits. Zero: none do. Default:
	// [DefaultModelGroups].
	Groups ModelGroups
	// Limits are those of the organization, by model group. Default: the Start
	// tier's.
	Limits GroupLimits
	// Workspaces are the limits that single workspaces have beside those of the
	// organization, by name. A request must fit into both.
	Workspaces map[string]GroupLimits
	// Changes are changes of Limits, another tier for example.
	Changes []LimitChange

	// ReserveOutput is the older rule: max_tokens are drawn from the output bucket
	// at the start, and what was not used comes back at the end. Default: output
	// counts as it is produced, and max_tokens play no part.
	ReserveOutput bool
	// EstimateError is how far, as a share (0 to 1), the estimate of the input
	// tokens at the start can be off either way; the first token corrects it. At
	// 0.05 a request of 1,000 counts as 950 to 1,050 until then. Default 0.05.
	EstimateError float64
	// BurstWindow is the time in which no more requests may start than the limit
	// allows for it, one at least: with a second, 60 a minute are 1 a second. The
	// headers do not tell. Default 0, none.
	BurstWindow time.Duration
	// Acceleration is how fast the organization's traffic may rise. Default: as
	// fast as it likes.
	Acceleration Acceleration
	// ResetRounding is how the -reset headers are brought to whole seconds, or that
	// there are none. Nobody publishes it. Default [RoundUp].
	ResetRounding Rounding
	// ResetSkew is how far the clock of the -reset headers is ahead of the true one,
	// which Date tells; below zero it is behind. From -10 min to 10 min. Default 0.
	ResetSkew time.Duration
	// HeadersMissing is the share (0 to 1) of the answers, drawn, that come without
	// any limit header: at 1 there are none at all. A refusal keeps its retry-after.
	// Default 0.
	HeadersMissing float64
	// HeadersOnlyOn429 leaves the limit headers out of every answer but a 429.
	HeadersOnlyOn429 bool
	// NoRetryAfter leaves retry-after out of a 429.
	NoRetryAfter bool
	// WorkspaceTold is what the headers tell about a workspace with limits of its
	// own. Default [TellScarcest].
	WorkspaceTold WorkspaceTold

	// SpentAt is when the tier's spend cap is reached: from then on everything is
	// refused, until 00:00 UTC on the 1st. Default 0, never.
	SpentAt time.Duration

	// Speeds are how fast the models answer, by model group as in [GroupLimits].
	// Without one, an answer takes no time. Default: [DefaultSpeeds].
	Speeds map[string]Speed
	// Faults are the failures of a usual day. Default none.
	Faults Faults
	// Hang is the share (0 to 1) of the calls that were let in and are never answered:
	// they end when the client leaves, see [Account.Cancel], or after an hour. With
	// Faults it is at most 1. Default 0.
	Hang float64
	// Storms are times in which the API is overloaded or out of reach.
	Storms []Storm
	// Others use the same account, and nobody here sees them.
	Others []Others

	dateSkew time.Duration // how far the clock of the whole server is ahead
}

// DefaultAccountSettings returns those of an organization of the Start tier on a
// day without failures.
func DefaultAccountSettings() AccountSettings {
	start, err := Tier("start")
	if err != nil {
		panic(err.Error()) // the table has it
	}
	return AccountSettings{Groups: DefaultModelGroups(), Limits: start.Limits, EstimateError: 0.05, Speeds: DefaultSpeeds()}
}

// LimitChange gives an organization other limits at a time.
type LimitChange struct {
	At     time.Duration
	Limits GroupLimits
}

// Acceleration limits how fast an organization's traffic may rise, over all
// models. The published rule says only that a sharp rise can be refused, so there
// are two rules here. The zero value is no limit.
//
// Without Period: within a minute Floor requests may start, and Factor times as
// many as a minute had on average in Window before that minute. With 2, 100 and
// 5 min, an organization that had 50 a minute for long may have 200 now.
//
// With Period: within Period Floor requests may start, or Factor times as many as
// that time had on average in Window before it, whichever is more. With 2, 20,
// 10 s and 10 s, the 21st request in 10 s is refused, unless the 10 s before had
// 11 or more.
type Acceleration struct {
	Factor float64       // from 0 to 1000
	Floor  int           // requests; at least 1 where there is a limit
	Window time.Duration // from a second to an hour, in whole seconds
	Period time.Duration // zero, or from a second to an hour, in whole seconds
}

// Faults are shares (0 to 1) of the requests that were let in; all together are
// at most 1.
type Faults struct {
	Overloaded float64 // 529
	Server     float64 // 500
	Timeout    float64 // 504
	Connection float64 // no answer at all
	MidStream  float64 // 200, and then an error in the middle of the answer
}

// Storm is a time in which Share of the requests get 529, or cannot connect.
type Storm struct {
	At, Length time.Duration
	Share      float64 // 0 to 1; of 529 it takes the place of Faults.Overloaded
	// Connection makes it a storm of refused connections in the place of 529: the
	// requests do not reach the account, so they draw from no bucket.
	Connection bool
}

// Others are requests of somebody else on the same account, at random moments (a
// Poisson process). They need what every request needs; one that is refused is
// not sent again.
type Others struct {
	Model, Workspace string
	At, Length       time.Duration // Length 0: for ever
	PerMinute        float64       // requests on average
	InputTokens      int           // of a request on average; each has half to one and a half
	OutputTokens     int
}

// clone returns a copy that shares nothing with s.
func (s AccountSettings) clone() AccountSettings {
	s.Groups, s.Limits = maps.Clone(s.Groups), maps.Clone(s.Limits)
	s.Workspaces, s.Speeds = maps.Clone(s.Workspaces), maps.Clone(s.Speeds)
	s.Changes, s.Storms, s.Others = slices.Clone(s.Changes), slices.Clone(s.Storms), slices.Clone(s.Others)
	for name, limits := range s.Workspaces {
		s.Workspaces[name] = maps.Clone(limits)
	}
	for i := range s.Changes {
		s.Changes[i].Limits = maps.Clone(s.Changes[i].Limits)
	}
	return s
}

// Validate returns an error that names each field that is out of its range, and
// the range; nil if there is none.
func (s AccountSettings) Validate() error {
	all := []error{named("groups", s.Groups.Validate()), named("limits", s.Limits.Validate())}
	for _, name := range slices.Sorted(maps.Keys(s.Workspaces)) {
		all = append(all, named(fmt.Sprintf("workspace %q", name), s.Workspaces[name].Validate()))
	}
	for i, c := range s.Changes {
		all = append(all,
			inRange(fmt.Sprintf("changes[%d].at", i), c.At, 0, forever),
			named(fmt.Sprintf("changes[%d]", i), c.Limits.Validate()))
	}
	all = append(all,
		inRange("estimateError", s.EstimateError, 0, 1),
		inRange("burstWindow", s.BurstWindow, 0, time.Minute),
		s.Acceleration.validate(),
		inRange("resetRounding", int(s.ResetRounding), int(RoundUp), int(NoReset)),
		inRange("resetSkew", s.ResetSkew, -mostSkew, mostSkew),
		inRange("headersMissing", s.HeadersMissing, 0, 1),
		inRange("workspaceTold", int(s.WorkspaceTold), int(TellScarcest), int(TellNothing)),
		inRange("spentAt", s.SpentAt, 0, forever),
		s.Faults.validate(),
		inRange("hang", s.Hang, 0, 1),
		inRange("hang and faults together", s.Hang+s.Faults.sum(), 0, 1+1e-9),
	)
	for _, group := range slices.Sorted(maps.Keys(s.Speeds)) {
		all = append(all, named(fmt.Sprintf("speed of %q", group), s.Speeds[group].validate()))
	}
	for i, storm := range s.Storms {
		all = append(all, named(fmt.Sprintf("storms[%d]", i), storm.validate()))
	}
	for i, o := range s.Others {
		all = append(all, named(fmt.Sprintf("others[%d]", i), o.validate()))
	}
	return errors.Join(all...)
}

// named puts a name before an error, if there is one.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (a Acceleration) validate() error {
	if a == (Acceleration{}) {
		return nil
	}
	return named("acceleration", errors.Join(
		inRange("factor", a.Factor, 0, 1000),
		inRange("floor", a.Floor, 1, mostPerMinute),
		inWholeSeconds("window", a.Window),
		inWholeSeconds("period", a.period()),
	))
}

// period is Period with its default.
func (a Acceleration) period() time.Duration { return cmp.Or(a.Period, time.Minute) }

// inWholeSeconds checks a time that goes up to an hour.
func inWholeSeconds(field string, d time.Duration) error {
	if err := inRange(field, d, time.Second, time.Hour); err != nil {
		return err
	}
	if d%time.Second != 0 {
		return fmt.Errorf("sim: %s is %v: must be in whole seconds", field, d)
	}
	return nil
}

func (f Faults) validate() error {
	return named("faults", errors.Join(
		inRange("overloaded", f.Overloaded, 0, 1),
		inRange("server", f.Server, 0, 1),
		inRange("timeout", f.Timeout, 0, 1),
		inRange("connection", f.Connection, 0, 1),
		inRange("midStream", f.MidStream, 0, 1),
		inRange("their sum", f.sum(), 0, 1+1e-9),
	))
}

// sum is the share of the requests that fail in one way or another.
func (f Faults) sum() float64 {
	return f.Overloaded + f.Server + f.Timeout + f.Connection + f.MidStream
}

func (s Storm) validate() error {
	return errors.Join(
		inRange("at", s.At, 0, forever),
		inRange("length", s.Length, 0, forever),
		inRange("share", s.Share, 0, 1),
	)
}

func (o Others) validate() error {
	return errors.Join(
		inRange("at", o.At, 0, forever),
		inRange("length", o.Length, 0, forever),
		inRange("perMinute", o.PerMinute, 0, 1_000_000),
		inRange("inputTokens", o.InputTokens, 0, mostTokens/2),
		inRange("outputTokens", o.OutputTokens, 0, mostTokens/2),
	)
}
