package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// AccountSettings describe an [Account] and the events that it is scripted to have.
// Zero means none everywhere; start from [DefaultAccountSettings]. Times of
// scripted events are since Epoch.
type AccountSettings struct {
	// Epoch is the first moment, with full buckets. Zero is the time of the first
	// call.
	Epoch time.Time
	// Seed fixes all random draws.
	Seed uint64
	// Groups are the models that share limits. Zero: each model has its own.
	// Default: [DefaultModelGroups].
	Groups ModelGroups
	// Limits are those of the organization, by model group. Default: those of the
	// Start tier.
	Limits GroupLimits
	// Sizes are what the organization's buckets hold at most, by model group, in place of
	// what refills in a minute, which they never exceed. Headers report no size. Default:
	// a minute's.
	Sizes GroupLimits
	// Workspaces are the further limits of single workspaces, by name. A request
	// must fit into both the workspace's and the organization's.
	Workspaces map[string]GroupLimits
	// Fast are the limits of tokens of the organization's fast modes, by model group; one
	// without both may never be used. No figures are published. Default: a tenth of the
	// Start tier's.
	Fast GroupLimits
	// Changes are scheduled changes of Limits, such as another tier.
	Changes []LimitChange

	// ReserveOutput draws max_tokens from the output bucket at the start, and
	// returns the unused part at the end: the API's older rule. Default: output
	// counts as it is produced, and max_tokens does not count.
	ReserveOutput bool
	// EstimateError is how far, as a share (0 to 1), the estimated input tokens at
	// the start can be off either way, until the first token corrects them. At 0.05
	// a request of 1,000 counts as 950 to 1,050. Default 0.05.
	EstimateError float64
	// BurstWindow limits the requests within that time to the share that the limit
	// of requests allows for it, at least one: with a second, 60 a minute are 1 a
	// second. No header reports it. Default 0, no such limit.
	BurstWindow time.Duration
	// Acceleration limits how fast the organization's traffic may rise. Default: no
	// limit.
	Acceleration Acceleration
	// ResetRounding is how the -reset headers are rounded to whole seconds, or that
	// there are none. The real rounding is not published. Default [RoundUp].
	ResetRounding Rounding
	// ResetSkew is how far the clock of the -reset headers is ahead of that of
	// Date; below zero it is behind. At most [MaxResetSkew] either way. Default 0.
	ResetSkew time.Duration
	// RemainingDown rounds the -remaining headers of tokens down to thousands. The
	// real rounding was seen to be to the nearest. Default: to the nearest.
	RemainingDown bool
	// HeadersAtEnd reports in the limit headers of an answer that is not streamed what
	// is left at its end, when it and all calls that were admitted meanwhile have drawn.
	// The headers of a stream are sent at its start in any case. It is not published
	// which of the two is real. Default: what is left right after the admission.
	HeadersAtEnd bool
	// HeadersMissing is the share (0 to 1) of the answers, drawn at random, that
	// have no limit headers: at 1 none has. A refusal keeps its retry-after.
	// Default 0.
	HeadersMissing float64
	// HeadersOnlyOn429 leaves the limit headers out of every answer but a 429.
	HeadersOnlyOn429 bool
	// NoHeadersOn429 leaves the limit headers out of a 429. Together with NoRetryAfter
	// a refusal says nothing.
	NoHeadersOn429 bool
	// HeadersFrom is from when on answers have limit headers. Default 0, always.
	HeadersFrom time.Duration
	// LimitsTold is how many times what is in force the headers report, as limit and as
	// what is left, from [MinLimitsTold] to [MaxLimitsTold]. Default 0: what is in force.
	LimitsTold float64
	// NoRetryAfter leaves retry-after out of a 429.
	NoRetryAfter bool
	// WorkspaceHeaders is what the headers report about a workspace with limits of
	// its own. Default [WorkspaceScarcest].
	WorkspaceHeaders WorkspaceHeaders

	// SpentAt is when the tier's spend cap is reached: from then on everything is
	// refused, until 00:00 UTC on the 1st. Default 0, never.
	SpentAt time.Duration

	// Speeds are how fast the models answer, by model group as in [GroupLimits].
	// Without one, an answer takes no time. Default: [DefaultSpeeds].
	Speeds map[string]Speed
	// Faults are random failures. Default none.
	Faults Faults
	// Hang is the share (0 to 1) of the admitted calls that are never answered:
	// they end when the client leaves, see [Account.Cancel], or after an hour. Hang
	// and Faults add up to at most 1. Default 0.
	Hang float64
	// Storms are times in which the API is overloaded or out of reach.
	Storms []Storm
	// Others are requests of somebody else on the same account.
	Others []OtherTraffic
	// Uses are what somebody else takes at once. Default none.
	Uses []Use

	dateSkew time.Duration // HTTPSettings.DateSkew
}

// DefaultAccountSettings returns those of an organization of the Start tier,
// without failures.
func DefaultAccountSettings() AccountSettings {
	start, err := Tier("start")
	if err != nil {
		panic(err.Error()) // the table has it
	}
	return AccountSettings{Groups: DefaultModelGroups(), Limits: start.Limits, EstimateError: 0.05, Speeds: DefaultSpeeds(),
		Fast: GroupLimits{"": {InputTokensPerMinute: 200_000, OutputTokensPerMinute: 40_000}}}
}

// TierAccount returns the settings of an organization of a tier, without failures.
func TierAccount(tier string, seed uint64) (AccountSettings, error) {
	t, err := Tier(tier)
	if err != nil {
		return AccountSettings{}, err
	}
	s := DefaultAccountSettings()
	s.Limits, s.Seed = t.Limits, seed
	return s, nil
}

// LimitChange changes an organization's limits at a time.
type LimitChange struct {
	At     time.Duration
	Limits GroupLimits
}

// Acceleration limits how fast an organization's traffic may rise, over all models.
// The published rule says only that a sharp rise can be refused, so there are two
// rules here. The zero value is no limit.
//
// Without Period, the limit of a minute is Floor plus Factor times the average
// requests of a minute in Window before that minute. With 2, 100 and 5 min, an
// organization that had 50 a minute for long may have 200 now.
//
// With Period, the limit of a Period is the larger of Floor and Factor times the
// average requests of that time in Window before it. With 2, 20, 10 s and 10 s, the
// 21st request in 10 s is refused, unless the 10 s before had 11 or more.
type Acceleration struct {
	Factor float64       // from 0 to 1000
	Floor  int           // requests; at least 1 where there is a limit
	Window time.Duration // from a second to an hour, in whole seconds
	Period time.Duration // zero, or from a second to an hour, in whole seconds
}

// Faults are shares (0 to 1) of the admitted requests; their sum is at most 1.
type Faults struct {
	Overloaded float64 // 529
	Server     float64 // 500
	Timeout    float64 // 504
	Connection float64 // the connection breaks without an answer
	MidStream  float64 // 200, and then an error in the middle of the answer
}

// Storm is a time in which Share of the requests get 529 or a 429, or cannot connect.
type Storm struct {
	At, Length time.Duration
	Share      float64 // 0 to 1; for 529 it replaces Faults.Overloaded
	// Connection makes it a storm of refused connections instead of 529: the
	// requests do not reach the account, and draw from no bucket.
	Connection bool
	// Refusing makes it a storm of 429s without retry-after, whatever the buckets hold.
	Refusing bool
}

// OtherTraffic are requests of somebody else on the same account, at random times
// (a Poisson process). They draw from the buckets as any other request does;
// refused ones are not retried.
type OtherTraffic struct {
	Model, Workspace string
	At, Length       time.Duration // Length 0: without end
	PerMinute        float64       // requests on average
	InputTokens      int           // of a request on average; each has 0.5 to 1.5 times as many
	OutputTokens     int
}

// Use is what somebody else takes of the buckets of a model group at a time, be it more
// than they hold.
type Use struct {
	At                      time.Duration
	Group                   string
	Requests, Input, Output int
	// InAll says that so much is missing from full buckets then, and not so much more. A
	// bucket in debt stays so if nothing is left of it.
	InAll bool
}

func (u Use) validate() error {
	return errors.Join(inRange("at", u.At, 0, forever), inRange("requests", u.Requests, 0, mostTaken), inRange("input", u.Input, 0, mostTaken), inRange("output", u.Output, 0, mostTaken))
}

// mostTaken is the most that a [Use] takes of a bucket.
const mostTaken = 1_000_000_000

// clone returns a deep copy.
func (s AccountSettings) clone() AccountSettings {
	s.Groups, s.Limits, s.Sizes, s.Fast = maps.Clone(s.Groups), maps.Clone(s.Limits), maps.Clone(s.Sizes), maps.Clone(s.Fast)
	s.Workspaces, s.Speeds = maps.Clone(s.Workspaces), maps.Clone(s.Speeds)
	s.Changes, s.Storms = slices.Clone(s.Changes), slices.Clone(s.Storms)
	s.Others, s.Uses = slices.Clone(s.Others), slices.Clone(s.Uses)
	for name, limits := range s.Workspaces {
		s.Workspaces[name] = maps.Clone(limits)
	}
	for i := range s.Changes {
		s.Changes[i].Limits = maps.Clone(s.Changes[i].Limits)
	}
	return s
}

// Validate returns an error for each field out of its range, with the range; nil if
// there is none.
func (s AccountSettings) Validate() error {
	all := []error{named("groups", s.Groups.Validate()), named("limits", s.Limits.Validate()), named("sizes", s.Sizes.Validate()), named("fast", s.Fast.Validate())}
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
		inRange("resetSkew", s.ResetSkew, -MaxResetSkew, MaxResetSkew),
		inRange("headersMissing", s.HeadersMissing, 0, 1),
		inRange("headersFrom", s.HeadersFrom, 0, forever),
		inRange("limitsTold", cmp.Or(s.LimitsTold, 1), MinLimitsTold, MaxLimitsTold),
		inRange("workspaceTold", int(s.WorkspaceHeaders), int(WorkspaceScarcest), int(WorkspaceHidden)),
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
	for i, u := range s.Uses {
		all = append(all, named(fmt.Sprintf("uses[%d]", i), u.validate()))
	}
	return errors.Join(all...)
}

// named prefixes an error with a name; nil stays nil.
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
		inRange("floor", a.Floor, 1, maxPerMinute),
		inWholeSeconds("window", a.Window),
		inWholeSeconds("period", a.period()),
	))
}

// period is Period or its default.
func (a Acceleration) period() time.Duration { return cmp.Or(a.Period, time.Minute) }

// inWholeSeconds checks a duration of whole seconds, up to an hour.
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

// sum is the share of the requests that fail.
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

func (o OtherTraffic) validate() error {
	return errors.Join(
		inRange("at", o.At, 0, forever),
		inRange("length", o.Length, 0, forever),
		inRange("perMinute", o.PerMinute, 0, 1_000_000),
		inRange("inputTokens", o.InputTokens, 0, maxCallTokens/2),
		inRange("outputTokens", o.OutputTokens, 0, maxCallTokens/2),
	)
}
