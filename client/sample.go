package client

import (
	"fmt"
	"time"

	"paceline/queue"
)

// Level is how bad a verdict is; the greater the worse.
type Level uint8

// The levels. The zero Level is Healthy.
const (
	Healthy Level = iota
	Warning
	Critical
)

// String returns the level's word: healthy, warning or critical.
func (l Level) String() string {
	return [...]string{"healthy", "warning", "critical"}[min(l, Critical)]
}

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Sample is the answer to one poll. A figure that is missing, null, of another type,
// negative or absurd is unknown. Its strings are cleaned, see [Clean]. A Sample is not
// changed once it is made: copies share its Detail.
//
// The json tags of Sample and of the structs in it are the keys of the answer. They are
// the only place where the client has them.
type Sample struct {
	At   time.Time     `json:"-"` // when it was received, by this process's clock; a snapshot of a stream is received a little before it is polled
	Took time.Duration `json:"-"` // how long the poll took
	Role Role          `json:"-"` // what the endpoint lets this reader do

	Unread int `json:"-"` // how many values of the answer could not be read: numbers written as texts, for instance

	Status    Opt[string]    `json:"status"` // in the endpoint's words
	Timestamp Opt[time.Time] `json:"timestamp"`
	Metrics   `json:"metrics"`
	Health    `json:"health"`
	Detail    *Detail `json:"detail"` // nil if the endpoint has none
}

// finish implements [finisher]: it reads the figures that are written as text.
func (s *Sample) finish(object) bool {
	wait, share := s.AverageText.Known, s.RateText.Known
	ms, ok := quantityOf(s.AverageText.Value, "ms")
	s.Average, s.AverageText = Opt[time.Duration]{}, Opt[string]{}
	if ok && ms <= float64(maxWait/time.Millisecond) {
		s.Average = Some(time.Duration(ms * float64(time.Millisecond)))
		s.AverageText = Some(fmt.Sprintf("%dms", s.Average.Value.Milliseconds()))
	}
	percent, ok := quantityOf(s.RateText.Value, "%")
	rate := Opt[float64]{Value: percent / 100, Known: ok && percent/100 <= 1}.tidy()
	if !rate.Known {
		s.RateText = Opt[string]{}
	}
	if wait && !s.AverageText.Known {
		s.Unread++
	}
	if share && !s.RateText.Known {
		s.Unread++
	}
	switch {
	case s.Successful.Known && s.Failed.Known:
		s.Rate = ratio(s.Successful.Value, s.Failed.Value)
	case rate.Value > 0 || s.Failed.Value > 0:
		s.Rate = rate
	default: // "0.0%" is also the text while nothing has finished
	}
	return true
}

// Metrics are the published counters since start or reset.
type Metrics struct {
	Total      Opt[int64]   `json:"totalRequests"`
	Successful Opt[int64]   `json:"successful"`
	Failed     Opt[int64]   `json:"failed"`
	RateText   Opt[string]  `json:"successRate"` // as the endpoint writes it, "95.7%"
	Rate       Opt[float64] `json:"-"`           // 0 to 1: from the counters, else from RateText; unknown while nothing finished

	// Average is the wait from arrival to start, over all since the last reset.
	Average     Opt[time.Duration] `json:"-"`
	AverageText Opt[string]        `json:"averageWaitTime"` // Average, "2345ms"

	Waiting       Opt[int]       `json:"currentQueueLength"`
	LastProcessed Opt[time.Time] `json:"lastProcessedAt"` // the last success; unknown when null or missing
}

// ratio returns successful / (successful + failed); unknown while nothing finished.
func ratio(successful, failed int64) Opt[float64] {
	if successful+failed <= 0 {
		return Opt[float64]{}
	}
	return Some(float64(successful) / float64(successful+failed))
}

// Health is the published verdict.
type Health struct {
	IsHealthy      Opt[bool]   `json:"isHealthy"`
	Message        Opt[string] `json:"message"`
	Recommendation Opt[string] `json:"recommendation"`
}

// Drain is how a queue ends that takes no new requests.
type Drain struct {
	EndsIn Opt[time.Duration] `json:"endsInMs"` // until who still waits is told to come back
	Served Opt[int]           `json:"served"`   // of those who wait, probably, until then
}

// Off tells of a pace that is off: since when, by whom, and which rule was in force.
type Off struct {
	Since Opt[time.Time] `json:"since"`
	By    Opt[string]    `json:"by"` // unknown where nobody has switched it off
	Rule  Opt[string]    `json:"rule"`
}

// Detail are the figures of a paceline server beyond the published wire.
type Detail struct {
	Version     Opt[string]  `json:"version"`
	Simulated   Opt[bool]    `json:"simulated"`
	Pace        Opt[string]  `json:"pace"`    // the rule of the pace: spaced or adaptive, or off
	PaceOff     *Off         `json:"paceOff"` // nil unless the pace is off
	Uptime      Opt[Uptime]  `json:"uptimeMs"`
	Resets      Opt[int64]   `json:"resets"`
	Draining    Opt[bool]    `json:"draining"`
	Drain       *Drain       `json:"drain"` // nil where all that wait will be served
	Running     Opt[int]     `json:"running"`
	InBackoff   Opt[int]     `json:"inBackoff"`
	Cancelled   Opt[int64]   `json:"cancelled"`
	Refused     Opt[int64]   `json:"refused"`
	Retries     Opt[int64]   `json:"retries"`
	RateLimited Opt[int64]   `json:"rateLimited"`
	Resent      Opt[int64]   `json:"resent"`    // sent again because the connection broke before any answer
	PerMinute   Opt[float64] `json:"perMinute"` // finished in the last 60 s

	ArrivalsPerMinute Opt[int]  `json:"arrivalsPerMinute"`
	StartsPerMinute   Opt[int]  `json:"startsPerMinute"`
	Growing           Opt[bool] `json:"growing"`          // the line has, for a while; an older endpoint does not tell
	GaveUpPerMinute   Opt[int]  `json:"gaveUpPerMinute"`  // callers that left while they waited
	RefusedPerMinute  Opt[int]  `json:"refusedPerMinute"` // at the door; no arrivals

	OldestWait Opt[time.Duration] `json:"oldestWaitMs"`
	NextStart  Opt[time.Duration] `json:"nextStartMs"`
	EmptyIn    Opt[time.Duration] `json:"emptyInMs"`    // until all who wait now will have started, if nobody else comes
	EmptyEarly Opt[time.Duration] `json:"emptyEarlyMs"` // at the earliest, in nine cases of ten
	EmptyLate  Opt[time.Duration] `json:"emptyLateMs"`  // and at the latest

	UserWaits *UserWaits `json:"userWaits"` // nil if the endpoint tells none

	Wait     Quantiles `json:"wait"`
	Response Quantiles `json:"response"`
	Recent   `json:"recent"`
	Capacity `json:"capacity"`

	Since    Opt[time.Time] `json:"since"` // when the level of the verdict began
	Findings List[Finding]  `json:"findings" first:"20"`
	Oldest   *OldestRequest `json:"oldest"` // nil while nobody waits
	Binds    *Binding       `json:"binds"`  // nil while nobody waits, or the next one may start
	Crowd    *Crowd         `json:"crowd"`  // nil if nobody has most of the line of the lane of the oldest
	Slices   List[Slice]    `json:"slices" last:"8"`

	Failures      List[ClassFailures]  `json:"failures" first:"20"` // the class with the most in the last minute first
	FailuresSince Opt[time.Time]       `json:"failuresSince"`       // when the first of them happened; unknown: they are those of the last minute
	Cause         Opt[queue.ClassName] `json:"cause"`               // the class of failures that requests wait for in place of the pace; unknown if there is none

	Lanes        List[Lane]       `json:"lanes" first:"200"`
	OtherLanes   *OtherLanes      `json:"otherLanes"` // nil if all are listed
	Users        List[User]       `json:"users" first:"200"`
	UsersTotal   Opt[int]         `json:"usersTotal"`         // all that the endpoint remembers, of which Users may be some
	UsersWaiting Opt[int]         `json:"usersWaiting"`       // who has requests waiting
	Models       List[ModelUsage] `json:"models" first:"200"` // the one that cost most first
	Events       List[Event]      `json:"events" last:"256"`
	EventsTotal  Opt[int64]       `json:"eventsTotal"`

	Settings Settings `json:"settings"` // nil if none is known

	Troubles List[Trouble] `json:"troubles" first:"32"` // the latest first

	Advice       *Advice `json:"advice"` // nil while none has been computed
	OffersAdvice bool    `json:"-"`      // the endpoint computes advice, though perhaps it has none yet
}

// finish implements [finisher].
func (d *Detail) finish(o object) bool {
	advice, offered := o["advice"]
	d.OffersAdvice = offered && (advice == nil || d.Advice != nil)
	return true
}

// Recent is the success rate of the requests that finished last.
type Recent struct {
	RecentFinished Opt[int]   `json:"finished"` // at most 20
	RecentRate     Opt[Share] `json:"successRate"`
	RecentMistakes Opt[int]   `json:"mistakes"` // calls of the last minute that are in neither: they failed for their callers' own mistakes
}

// Capacity is the band of load that operators plan with.
type Capacity struct {
	ActiveUsers Opt[int]    `json:"activeUsers"`
	Band        Opt[string] `json:"band"`
	Expected    Opt[string] `json:"expected"`
	Feels       Opt[string] `json:"feels"`

	Measured *MeasuredBand `json:"measured"` // nil if nothing has started in the last minute
}

// MeasuredBand is the band of the waits of the last minute's starts, as they were.
type MeasuredBand struct {
	Band   Opt[string]        `json:"band"`
	Feels  Opt[string]        `json:"feels"`
	P95    Opt[time.Duration] `json:"p95Ms"`
	Starts Opt[int64]         `json:"starts"`
}

// OldestRequest is the request that has waited longest of those that wait.
type OldestRequest struct {
	ID     string             `json:"id"`
	User   string             `json:"user"`
	Lane   string             `json:"lane"`
	Waited Opt[time.Duration] `json:"waitedMs"`
}

// finish implements [finisher]: the user is written as a [Name] is.
func (r *OldestRequest) finish(o object) bool {
	r.User = nameIn(o, "user").String()
	return true
}

// Binding is what the next request waits for in the lane of the one that waits longest.
type Binding struct {
	Lane      string       `json:"lane"`
	Kind      string       `json:"kind"` // of a limit, or a BlockedBy constant of package queue
	Free      Opt[Balance] `json:"free"`
	PerMinute Opt[int64]   `json:"perMinute"`
}

// Crowd is a user whose requests are most of the line of the lane in which somebody waits
// longest, alone or with a few others.
type Crowd struct {
	User         Name               `json:"user"`
	Waiting      Opt[int]           `json:"waiting"`
	Lowest       Opt[bool]          `json:"lowest"`      // all of these have the lowest priority
	CancelHelps  Opt[bool]          `json:"cancelHelps"` // others would start sooner without them; an older endpoint does not tell
	With         List[CrowdUser]    `json:"with" first:"8"`
	OldestWait   Opt[time.Duration] `json:"oldestWaitMs"`   // of all of them,
	OthersOldest Opt[time.Duration] `json:"othersOldestMs"` // and of everybody else; unknown if nobody else waits
}

// CrowdUser is another user of a [Crowd].
type CrowdUser struct {
	User    Name     `json:"user"`
	Waiting Opt[int] `json:"waiting"`
}

// finish implements [finisher]: who is not named, or of whom nobody knows how many wait, is
// no crowd.
func (c *Crowd) finish(object) bool { return c.User.String() != "" && c.Waiting.Value > 0 }

// Quantiles describe what was measured in the last 5 minutes.
type Quantiles struct {
	Count   Opt[int64]         `json:"count"`
	Average Opt[time.Duration] `json:"averageMs"`
	P50     Opt[time.Duration] `json:"p50Ms"`
	P95     Opt[time.Duration] `json:"p95Ms"`
	P99     Opt[time.Duration] `json:"p99Ms"`
}

// UserWaits is the p95 over users of each one's longest wait: of the last minute, and as
// it is expected of those who wait.
type UserWaits struct {
	P95         Opt[time.Duration] `json:"p95Ms"`
	ExpectedP95 Opt[time.Duration] `json:"expectedP95Ms"`
}

// longest returns the longer of them; unknown if both are.
func (w UserWaits) longest() Opt[time.Duration] {
	return Opt[time.Duration]{Value: max(w.P95.Value, w.ExpectedP95.Value), Known: w.P95.Known || w.ExpectedP95.Known}
}

// label says before the longer one what it is.
func (w UserWaits) label() string {
	if w.ExpectedP95.Known && w.ExpectedP95.Value >= w.P95.Value {
		return "users wait about"
	}
	return "users waited"
}

// Finding is one row of the health table that applies.
type Finding struct {
	Level          Level          `json:"level"` // Warning if the endpoint's word is not a known level
	Row            string         `json:"row"`   // of the table of health; empty where the endpoint does not tell
	Message        string         `json:"message"`
	Recommendation string         `json:"recommendation"`
	Action         queue.Action   `json:"action"` // what the recommendation says to do to the queue itself; empty: nothing, or an older endpoint
	User           string         `json:"user"`   // whose requests alone are the cause; empty: nobody's
	Lane           string         `json:"lane"`   // that it is about alone; empty: all, or any
	Since          Opt[time.Time] `json:"since"`
	Over           Opt[bool]      `json:"over"` // it is about the past, and shown a little longer
}

// finish implements [finisher]: the user is written as a [Name] is.
func (f *Finding) finish(o object) bool {
	f.User = nameIn(o, "user").String()
	return f.Message != ""
}

// Usage is what calls used, in tokens, and what they cost, as the API's answers reported it.
type Usage struct {
	Calls        Opt[int64] `json:"calls"`
	Input        Opt[int64] `json:"inputTokens"` // neither written to a cache nor read from one
	CacheRead    Opt[int64] `json:"cacheReadTokens"`
	CacheWrite5m Opt[int64] `json:"cacheWrite5mTokens"`
	CacheWrite1h Opt[int64] `json:"cacheWrite1hTokens"`
	Output       Opt[int64] `json:"outputTokens"`
	Nanodollars  Opt[int64] `json:"costNanodollars"` // of the calls with a known price
	Unpriced     Opt[int64] `json:"unpricedCalls"`   // the others
}

// Prompt is the tokens of the prompts; unknown if one kind is.
func (u *Usage) Prompt() Opt[int64] {
	return Opt[int64]{
		Value: u.Input.Value + u.CacheRead.Value + u.CacheWrite5m.Value + u.CacheWrite1h.Value,
		Known: u.Input.Known && u.CacheRead.Known && u.CacheWrite5m.Known && u.CacheWrite1h.Known,
	}.tidy()
}

// Cost is what it cost, in nano-dollars; unknown where no price of it is known.
func (u *Usage) Cost() Opt[int64] {
	if u.Unpriced.Value > 0 && u.Unpriced.Value >= u.Calls.Value {
		return Opt[int64]{}
	}
	return u.Nanodollars
}

// ModelUsage is the [Usage] of a model.
type ModelUsage struct {
	Model string `json:"model"`
	Usage `json:"usage"`
}

// finish implements [finisher].
func (u *ModelUsage) finish(object) bool { return u.Model != "" }

// Lane is what shares one limit of the API.
type Lane struct {
	Name        string             `json:"name"` // empty for the default lane
	Waiting     Opt[int]           `json:"waiting"`
	Running     Opt[int]           `json:"running"`
	MaxInFlight Opt[int]           `json:"maxInFlight"` // calls that may run at the same time now
	InBackoff   Opt[int]           `json:"inBackoff"`
	NextStart   Opt[time.Duration] `json:"nextStartMs"`
	PausedUntil Opt[time.Time]     `json:"pausedUntil"`
	Pause       Opt[queue.Pause]   `json:"pause"` // what for; unknown where that is not told

	Breaker *LaneBreaker `json:"breaker"` // nil while none holds it back

	Pace     Opt[string]  `json:"pace"`             // the rule of its pace: spaced or adaptive
	WaitsFor Opt[string]  `json:"waitsFor"`         // the kind of limit that the next in line waits for
	Rate     Opt[float64] `json:"rate"`             // starts a minute, measured by refusals if no answer has contained the limit
	Limits   List[Limit]  `json:"limits" first:"8"` // those that are known
}

// LaneBreaker is what holds back a lane whose calls fail in a row: a few at a time are tried.
type LaneBreaker struct {
	Class    queue.ClassName    `json:"class"` // of the failures: overloaded, or network
	Failures Opt[int]           `json:"failures"`
	NextTry  Opt[time.Duration] `json:"nextTryMs"` // until the next try may start
}

// OtherLanes are the lanes that are not listed, added up.
type OtherLanes struct {
	Lanes       Opt[int]       `json:"lanes"`
	Waiting     Opt[int]       `json:"waiting"`
	Running     Opt[int]       `json:"running"`
	InBackoff   Opt[int]       `json:"inBackoff"`
	Paused      Opt[int]       `json:"paused"` // lanes
	PausedUntil Opt[time.Time] `json:"pausedUntil"`
}

// Limit is one limit of a lane. Free and FullIn are known once an answer of the API has
// contained them.
type Limit struct {
	Kind      string             `json:"kind"`      // one of the Limit constants of package queue
	PerMinute Opt[int64]         `json:"perMinute"` // never zero
	Free      Opt[Balance]       `json:"free"`      // at most PerMinute; below zero while running calls will produce more than is left
	FullIn    Opt[time.Duration] `json:"fullInMs"`  // until it is full, if nothing starts
}

// finish implements [finisher]. A limit of zero is unknown, and so is a free amount
// that is larger than the limit.
func (l *Limit) finish(object) bool {
	if l.PerMinute.Value == 0 {
		l.PerMinute = Opt[int64]{}
	}
	if l.PerMinute.Known && int64(l.Free.Value) > l.PerMinute.Value {
		l.Free = Opt[Balance]{}
	}
	return l.Kind != ""
}

// User is one user's part of the work since start or reset.
type User struct {
	Name     Name               `json:"name"`
	Waiting  Opt[int]           `json:"waiting"`
	Running  Opt[int]           `json:"running"`
	Done     Opt[int64]         `json:"done"`
	Failed   Opt[int64]         `json:"failed"`
	LastWait Opt[time.Duration] `json:"lastWaitMs"`
	Oldest   Opt[time.Duration] `json:"oldestMs"` // of its requests that wait
	Usage    *Usage             `json:"usage"`    // nil where nothing is told
	Recent   *UserRecent        `json:"recent"`   // nil where nothing is told
}

// UserRecent is a user's part of the work of the last 5 minutes.
type UserRecent struct {
	Starts      Opt[int64]         `json:"starts"`
	StartsShare Opt[Share]         `json:"startsShare"` // of the starts of all users
	Tokens      Opt[int64]         `json:"tokens"`      // of calls that ended
	TokensShare Opt[Share]         `json:"tokensShare"` // of those of all users
	P95Wait     Opt[time.Duration] `json:"p95WaitMs"`
	Failed      List[ClassCount]   `json:"failed" first:"20"`  // requests, the most first
	Waiting     List[int]          `json:"waiting" first:"20"` // the most at one time, in each half minute, the oldest first
}

// finish implements [finisher].
func (u *User) finish(object) bool { return !u.Name.IsZero() }

// Trouble is the last failure of a part of the server that no request depends on.
type Trouble struct {
	Part   string         `json:"part"` // "advice"
	Reason Opt[string]    `json:"reason"`
	At     Opt[time.Time] `json:"at"`
	Count  Opt[int64]     `json:"count"` // how often since the server's start
}

// finish implements [finisher].
func (t *Trouble) finish(object) bool { return t.Part != "" }
