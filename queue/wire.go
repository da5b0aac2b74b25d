package queue

import "time"

// Report is what /api/queue/metrics says: the keys, types and units of the
// published wire, and beside them Detail, which old readers ignore.
type Report struct {
	Status    string  `json:"status"` // healthy, warning or critical
	Timestamp Time    `json:"timestamp"`
	Metrics   Metrics `json:"metrics"`
	Health    Health  `json:"health"`
	Detail    *Detail `json:"detail,omitempty"`
}

// Metrics are the published counters since start or reset.
type Metrics struct {
	TotalRequests      int64  `json:"totalRequests"` // accepted: successful + failed + cancelled + waiting + running
	Successful         int64  `json:"successful"`
	Failed             int64  `json:"failed"`
	SuccessRate        string `json:"successRate"`     // successful / (successful + failed), "95.7%"
	AverageWaitTime    string `json:"averageWaitTime"` // arrival to first start, "2345ms"
	CurrentQueueLength int    `json:"currentQueueLength"`
	LastProcessedAt    *Time  `json:"lastProcessedAt"` // the last success
}

// Health is the published verdict.
type Health struct {
	IsHealthy      bool    `json:"isHealthy"`
	Message        string  `json:"message"`
	Recommendation *string `json:"recommendation"`
}

// Drain is how a queue ends that takes no new requests.
type Drain struct {
	EndsInMs int64 `json:"endsInMs"` // until who still waits is told to come back
	Served   *int  `json:"served"`   // of those who wait, probably, until then; null where nobody can know
}

// Off tells of a pace that is off: since when, who has switched it off, if anybody, and the
// name of the rule that was in force before.
type Off struct {
	Since Time   `json:"since"`
	By    string `json:"by"`
	Rule  string `json:"rule"`
}

// Detail is what this server adds to the published wire. All durations are
// milliseconds; a pointer is null where nothing is known.
type Detail struct {
	Version     string  `json:"version"`
	Simulated   *bool   `json:"simulated"` // the API behind it is a simulated one; null before it has answered
	Pace        string  `json:"pace"`      // what decides it: [PaceSpaced], [PaceAdaptive] or [PaceOff]
	PaceOff     *Off    `json:"paceOff"`   // null unless the pace is off
	UptimeMs    int64   `json:"uptimeMs"`
	Resets      int64   `json:"resets"` // how often the counters were reset
	Draining    bool    `json:"draining"`
	Drain       *Drain  `json:"drain"`   // null while it takes requests, and where it serves all that wait
	Running     int     `json:"running"` // calls in flight
	InBackoff   int     `json:"inBackoff"`
	Cancelled   int64   `json:"cancelled"`
	Refused     int64   `json:"refused"`
	Retries     int64   `json:"retries"`     // attempts after a first one
	RateLimited int64   `json:"rateLimited"` // answers of 429 that were tried again
	Resent      int64   `json:"resent"`      // sent again after the connection broke before any answer: both may be billed
	PerMinute   float64 `json:"perMinute"`   // finished in the last 60 s

	// Of the last 60 s: where more arrive than start, the line grows.
	ArrivalsPerMinute int  `json:"arrivalsPerMinute"` // accepted; one that comes back after it left is no arrival
	StartsPerMinute   int  `json:"startsPerMinute"`   // without calls that failed and are tried again
	Growing           bool `json:"growing"`           // the line has, for a while
	GaveUpPerMinute   int  `json:"gaveUpPerMinute"`   // callers that left while they waited, in the last minute
	RefusedPerMinute  int  `json:"refusedPerMinute"`  // at the door; no arrivals

	OldestWaitMs *int64 `json:"oldestWaitMs"` // null while nobody waits
	NextStartMs  *int64 `json:"nextStartMs"`  // until the next start; null while nobody waits or no slot is free
	EmptyInMs    *int64 `json:"emptyInMs"`    // until all who wait now will have started if nobody else comes; null while nobody waits, where nobody can know, as in an outage, and where not all will be served, see drain
	EmptyEarlyMs *int64 `json:"emptyEarlyMs"` // at the earliest in nine cases of ten; null where emptyInMs is
	EmptyLateMs  *int64 `json:"emptyLateMs"`  // and at the latest

	UserWaits UserWaits `json:"userWaits"`

	Wait     Quantiles      `json:"wait"`     // of each start of the last 5 minutes, retries too: since its request arrived
	Response Quantiles      `json:"response"` // start to end of one call, last 5 minutes
	Recent   RecentOutcomes `json:"recent"`
	Capacity Capacity       `json:"capacity"`
	Since    *Time          `json:"since"`    // when the level of the verdict began; null while it has never been another
	Findings []Finding      `json:"findings"` // all that apply, worst first; the first is Health's
	Oldest   *OldestRequest `json:"oldest"`   // the request that waits longest; null while nobody waits
	Binds    *Binding       `json:"binds"`    // what holds up the lane of the oldest; null while nobody waits, or the next one may start
	Crowd    *Crowd         `json:"crowd"`    // who has most of the line of the lane of the oldest; null if nobody has
	Slices   []Slice        `json:"slices"`   // the latest of the history, without who waited and the lanes; the present one last

	Failures      []ClassFailures `json:"failures"`      // of the last minute, or since failuresSince; the class with the most in the last minute first
	FailuresSince *Time           `json:"failuresSince"` // while a finding is about failures: when the first of those happened; null: they are those of the last minute, or none
	Cause         ClassName       `json:"cause"`         // the class of failures that requests wait for and are refused for now, in place of the pace; while nobody waits, the one that a finding says they waited for; empty if there is none

	Lanes        []Lane       `json:"lanes"`        // by name, with up to 8 in which nobody has waited or run for at most 5 min; of more than 200 the 100 first by name, and those with the most waiting
	OtherLanes   *OtherLanes  `json:"otherLanes"`   // null if all are listed
	Users        []User       `json:"users"`        // at most 50: of more, those whose requests failed last, who waits longest, and who has the most waiting; the most waiting first
	UsersTotal   int          `json:"usersTotal"`   // all that are remembered
	UsersWaiting int          `json:"usersWaiting"` // of these, who has requests waiting
	Models       []ModelUsage `json:"models"`       // what was used of each since start or reset, at most 101; the one that cost most first
	Events       []Event      `json:"events"`       // the last 256, oldest first
	EventsTotal  int64        `json:"eventsTotal"`  // how many there were since the start
	Settings     Settings     `json:"settings"`
	Troubles     []Trouble    `json:"troubles"` // the last of each part, the latest first
	Advice       *Advice      `json:"advice"`   // null where none is computed, or not yet

	ModelsByGroup []GroupUsage `json:"-"` // Models by group, see [Request]; by group and model
}

// Quantiles describe what was measured in the last 5 minutes. The figures are
// null while Count is zero. They come from a histogram whose buckets are 3% wide.
type Quantiles struct {
	Count     int64    `json:"count"`
	AverageMs *float64 `json:"averageMs"`
	P50Ms     *float64 `json:"p50Ms"`
	P95Ms     *float64 `json:"p95Ms"`
	P99Ms     *float64 `json:"p99Ms"`

	// Of all measurements since start or reset, for readers that compute rates.
	Total int64         `json:"-"`
	Sum   time.Duration `json:"-"`
}

// UserWaits is the p95 over users of each one's longest wait, from the arrival to a start,
// also where that was not the first one.
type UserWaits struct {
	P95Ms         *int64 `json:"p95Ms"`         // of the last minute; null if nobody has started
	ExpectedP95Ms *int64 `json:"expectedP95Ms"` // of those who wait now, until they will have started; null if nobody does
}

// RecentOutcomes is the share of the last 20 finished that the health looks at: without
// callers' own mistakes. Where the last 20 were all such mistakes there is none.
type RecentOutcomes struct {
	Finished    int      `json:"finished"`    // at most 20
	SuccessRate *float64 `json:"successRate"` // null if none has finished
	Mistakes    int      `json:"mistakes"`    // calls of the last minute that failed for their callers' own mistakes, and are in neither
}

// Capacity is the band of load that operators plan with.
type Capacity struct {
	ActiveUsers int    `json:"activeUsers"` // in the last 5 minutes
	Band        string `json:"band"`        // Excellent … Upgrade needed
	Expected    string `json:"expected"`    // "0-3 s"
	Feels       string `json:"feels"`       // Instant … Very slow

	Measured *MeasuredBand `json:"measured"` // null if nothing has started in the last minute
}

// MeasuredBand is the band of the waits of the last minute's starts, as they were.
type MeasuredBand struct {
	Band   string `json:"band"`
	Feels  string `json:"feels"`
	P95Ms  int64  `json:"p95Ms"`
	Starts int64  `json:"starts"`
}

// OldestRequest is the request that has waited longest of those that wait.
type OldestRequest struct {
	ID       string `json:"id"`
	User     string `json:"user"`
	Group    string `json:"-"` // of the user, see [Request]
	Lane     string `json:"lane"`
	WaitedMs int64  `json:"waitedMs"`
}

// Binding is what the next request of a lane waits for.
type Binding struct {
	Lane      string `json:"lane"`
	Kind      string `json:"kind"`      // one of the Limit or the BlockedBy constants
	Free      *int   `json:"free"`      // of that limit, as in [LaneLimit]; null where it is none, or nothing is known
	PerMinute *int   `json:"perMinute"` // that limit; null where it is none
}

// Crowd is a user whose requests are most of the line of the lane in which somebody waits
// longest, alone or with a few others.
type Crowd struct {
	User           string      `json:"user"`
	Group          string      `json:"-"`              // of the user, see [Request]
	Waiting        int         `json:"waiting"`        // requests of it, in all lanes
	Lowest         bool        `json:"lowest"`         // all of these have the lowest priority
	CancelHelps    bool        `json:"cancelHelps"`    // others would start sooner without them: they were sent faster than the account serves, and others wait
	With           []CrowdUser `json:"with"`           // the others, two at most
	OldestWaitMs   int64       `json:"oldestWaitMs"`   // the longest of the waits of all of them until now,
	OthersOldestMs *int64      `json:"othersOldestMs"` // and of everybody else's; null if nobody else waits
}

// CrowdUser is another user of a [Crowd].
type CrowdUser struct {
	User    string `json:"user"`
	Group   string `json:"-"`       // of the user, see [Request]
	Waiting int    `json:"waiting"` // requests of it, in all lanes
}

// Finding is one row of the health table that applies.
type Finding struct {
	Level          string `json:"level"`
	Row            string `json:"row"` // which row of the table: one of the Row constants
	Message        string `json:"message"`
	Recommendation string `json:"recommendation"`
	Action         Action `json:"action,omitempty"` // what the recommendation says to do to the queue itself; empty: nothing
	User           string `json:"user"`             // whose requests alone are the cause; empty: nobody's
	Lane           string `json:"lane,omitempty"`   // that it is about alone; empty: all, or any
	Since          *Time  `json:"since"`            // when the row began to apply at this level
	Over           bool   `json:"over"`             // it is about the past, and shown a little longer

	Group string `json:"-"` // of the user, see [Request]

	message, recommendation namedText // the same, for each viewer
}

// The rows of the table of health.
const (
	RowSpendCap    = "spend-cap"    // the spend limit is reached
	RowKeys        = "keys"         // every API key was refused
	RowNetwork     = "network"      // the API cannot be reached
	RowFailing     = "failing"      // nothing succeeds
	RowStuck       = "stuck"        // somebody waits, and nothing starts, ends or sends
	RowSilence     = "silence"      // no call is answered
	RowOff         = "off"          // the pace is off
	RowPause       = "pause"        // paused by the API
	RowOverload    = "overload"     // the API is overloaded
	RowWaits       = "waits"        // users wait very long, or very many do
	RowBackingUp   = "backing-up"   // many wait
	RowFailureRate = "failure-rate" // many of the last that finished failed
	RowFailingUser = "failing-user" // every request of one user fails
	RowSlowReaders = "slow-readers" // callers hardly take their answers
	RowMistakes    = "mistakes"     // nothing but callers' own mistakes
	RowRefusals    = "refusals"     // requests are refused at the door
)

// ClassFailures are the failures of one class, see [Detail]: calls that failed, and
// requests that the queue gave up or refused for a spend cap. Those that were tried again are among them.
type ClassFailures struct {
	Class  ClassName `json:"class"` // as in [Event]
	Count  int       `json:"count"`
	Users  int       `json:"users"` // that were hit; of more than 1,000 those hit last
	Names  []string  `json:"names"` // of at most 5 of them, the one hit last first
	Groups []string  `json:"-"`     // of these, see [Request]
}

// Lane is what shares one limit.
type Lane struct {
	Name        string `json:"name"`
	Waiting     int    `json:"waiting"`
	Running     int    `json:"running"`
	MaxInFlight int    `json:"maxInFlight"` // calls that may run at the same time, as things are
	InBackoff   int    `json:"inBackoff"`
	NextStartMs *int64 `json:"nextStartMs"`
	PausedUntil *Time  `json:"pausedUntil"` // null unless it is paused
	Pause       Pause  `json:"pause"`       // what for; empty unless it is paused

	Breaker *LaneBreaker `json:"breaker"` // null unless calls fail in a row, so that a few at a time are tried

	Pace     string      `json:"pace"`     // what decides it: [PaceSpaced], [PaceAdaptive] or [PaceOff]
	Rate     *float64    `json:"rate"`     // starts a minute, measured by refusals; null where none is
	WaitsFor string      `json:"waitsFor"` // the limit that the next in line waits for; else empty
	Limits   []LaneLimit `json:"limits"`   // what is known of them; empty if nothing
}

// Pause is what a lane is paused for.
type Pause string

// What a lane can be paused for.
const (
	PauseByAPI    Pause = "api"       // the API said until when
	PauseBackOff  Pause = "back-off"  // 429s without a time: it ends at pausedUntil, or when the try at nextStartMs succeeds
	PauseSpendCap Pause = "spend-cap" // of the account: to end it ends it in all of its lanes
)

// LaneBreaker is what holds back a lane whose calls fail in a row.
type LaneBreaker struct {
	Class     ClassName `json:"class"`     // of the failures, as in [Event]: overloaded, or network for the breaker of connections, which all lanes share
	Failures  int       `json:"failures"`  // in a row
	NextTryMs int64     `json:"nextTryMs"` // until the next try may start
}

// OtherLanes are the lanes that are not listed, added up.
type OtherLanes struct {
	Lanes       int   `json:"lanes"`
	Waiting     int   `json:"waiting"`
	Running     int   `json:"running"`
	InBackoff   int   `json:"inBackoff"`
	Paused      int   `json:"paused"`      // lanes
	PausedUntil *Time `json:"pausedUntil"` // the end of the longest pause; null without one
}

// LaneLimit is one limit of a lane and how much of it remains. Free and FullInMs are
// null until an answer has reported what remains.
type LaneLimit struct {
	Kind      string `json:"kind"` // one of the Limit constants
	PerMinute int    `json:"perMinute"`
	Free      *int   `json:"free"`     // below zero while what runs is yet to be produced
	FullInMs  *int64 `json:"fullInMs"` // until it is full, if nothing starts
}

// Advice is what would help, computed by letting the last hour's traffic through
// the queue again, in front of a simulated account.
type Advice struct {
	At       Time   `json:"at"`       // when it was computed
	OverMs   int64  `json:"overMs"`   // the traffic that it is computed from: how long,
	Requests int    `json:"requests"` // how many,
	OutOf    int    `json:"outOf"`    // out of how many that are remembered: if it is fewer, the latest,
	Users    int    `json:"users"`    // and by how many users
	Account  string `json:"account"`  // the source of the limits: the API's answers, or the tier that is assumed
	Assumed  bool   `json:"assumed"`  // the limits are

	BindsNow string `json:"bindsNow"` // what most waiting requests wait for now; empty while none waits
	Binds    string `json:"binds"`    // what most of the waiting was for; empty if nobody waited
	P50Ms    int64  `json:"p50Ms"`    // half of the requests waited at most so long,
	P95Ms    int64  `json:"p95Ms"`    // and 95 in 100: computed, like those of the remedies
	Refused  int    `json:"refused"`  // at the door, and what failed for a limit: computed, too

	MeasuredP95Ms *int64 `json:"measuredP95Ms"` // of those of the same requests that started, as each had waited, and of those who still wait, until now: null if there are none,
	UntilNowP95Ms *int64 `json:"untilNowP95Ms"` // and what was computed of the same requests until the same moment, to be compared with it

	// CannotTell is why nothing can be told of what would help: then there are no
	// remedies. Empty: it can be told.
	CannotTell string  `json:"cannotTell"`
	Spared     *Spared `json:"spared"` // null where the account's limits, or the waits as they were, are not known well enough

	Remedies  []Remedy        `json:"remedies"` // the one that helps most first; empty while hardly anybody waits
	Published PublishedAdvice `json:"published"`
}

// Spared is what the queue has spared the users: the same requests without it, each
// sent at once and tried again twice, as the official SDKs do. It is computed. What its
// caller got wrong fails either way.
type Spared struct {
	Failed    int   `json:"failed"`    // requests that would have failed
	Lost      int   `json:"lost"`      // requests that failed or were refused with the queue, as it was
	CostP95Ms int64 `json:"costP95Ms"` // the 95th percentile of the waits: how much longer it was with the queue
}

// Remedy is one thing that could be done, and what it would have done to the same
// traffic.
type Remedy struct {
	Kind    string `json:"kind"` // one of the Remedy constants
	What    string `json:"what"` // in words: "the Scale tier: 4,000 requests a minute"
	Note    string `json:"note"` // what is assumed, or what it costs; may be empty
	P50Ms   int64  `json:"p50Ms"`
	P95Ms   int64  `json:"p95Ms"`
	Refused int    `json:"refused"` // requests that it would turn away, or that would fail
}

// The kinds of remedies.
const (
	RemedyAdaptive  = "adaptive"   // the adaptive pace
	RemedyTier      = "tier"       // a higher tier of the account
	RemedyKey       = "key"        // a key of a second organization
	RemedyCache     = "cache"      // a cache of answers
	RemedyHaiku     = "haiku"      // a quicker model for small requests
	RemedyUserLimit = "user-limit" // fewer waiting requests a user
	RemedyInFlight  = "in-flight"  // more calls at once
)

// PublishedAdvice is what is usually advised for so many users.
type PublishedAdvice struct {
	Users   string   `json:"users"` // "5-15"
	Advice  []string `json:"advice"`
	Verdict string   `json:"verdict"` // "manageable with monitoring"
}

// User is one user's part of the work, since start or reset.
type User struct {
	Name       string `json:"name"`
	Group      string `json:"-"` // see [Request]
	Waiting    int    `json:"waiting"`
	Running    int    `json:"running"`
	Done       int64  `json:"done"`
	Failed     int64  `json:"failed"`
	LastWaitMs *int64 `json:"lastWaitMs"` // null before its first start
	OldestMs   *int64 `json:"oldestMs"`   // how long the oldest of those waiting has waited; null while none waits
	IdleMs     int64  `json:"idleMs"`     // since it was last seen

	Usage  *Usage      `json:"usage"`  // null where no answer has told any
	Recent *UserRecent `json:"recent"` // null where there was nothing
}

// UserRecent is a user's part of the work of the last 5 minutes, or since the last reset, to
// within half a minute.
type UserRecent struct {
	Starts      int          `json:"starts"`      // retries too
	StartsShare *float64     `json:"startsShare"` // of the starts of all users; null where nothing started
	Tokens      int64        `json:"tokens"`      // of calls that ended, and had been accepted by the API
	TokensShare *float64     `json:"tokensShare"` // of those of all users; null where there are none
	P95WaitMs   *int64       `json:"p95WaitMs"`   // of the latest 20 starts; null where nothing started
	Failed      []ClassCount `json:"failed"`      // requests by class, the most first
	Waiting     []int        `json:"waiting"`     // the most that waited at one time, in each of ten half minutes, the oldest first
}

// WaitingRequest is one waiting request, as on the wire.
type WaitingRequest struct {
	ID       string `json:"id"`
	Lane     string `json:"lane"`
	User     string `json:"user"`
	Priority string `json:"priority"`
	Position int    `json:"position"` // from 1, in its lane, if nobody else arrives; 0 aside
	WaitedMs int64  `json:"waitedMs"`
	// EtaMs is until its start, if nobody else arrives; aside until it stands in line again.
	// Between EtaEarlyMs and EtaLateMs it starts in nine cases of ten, if as many others come
	// as of late, and by how true such times were. All are null where nobody can know: the
	// account's limits are not known, or the API is down. In a pause by the API EtaEarlyMs is
	// known then, too: nothing starts before its end.
	EtaMs      *int64 `json:"etaMs"`
	EtaEarlyMs *int64 `json:"etaEarlyMs"`
	EtaLateMs  *int64 `json:"etaLateMs"`
	Backoff    bool   `json:"backoff"` // it stands aside
	Aside      string `json:"aside"`   // why: backoff, limit, overload or connection; empty if it does not
	Guess      bool   `json:"guess"`   // nothing is known of the account's limits yet, or refusals contradict what is
	Attempt    int    `json:"attempt"` // from 1: the attempt it waits for

	Group    string `json:"group"`    // who is billed: the name of a gateway token; empty: nobody is named
	Session  string `json:"session"`  // see [Request]; empty: not known
	Subagent bool   `json:"subagent"` // a subagent of the session asks
	Since    Time   `json:"since"`    // when it arrived
	CameBack bool   `json:"cameBack"` // its client has sent it again, and it has kept its age
	Class    string `json:"class"`    // the priority that it counts as for its age; empty: its own
}

// WaitingQuery says which of the requests that wait are listed.
type WaitingQuery struct {
	Limit, Offset int
	LongestFirst  bool   // who waits longest first; else whose turn is next
	User, Lane    string // only those of a name; empty: all
	Text          string // only those with this in their ID, user, lane or priority, in capitals or not; empty: all
	Viewer        Viewer // who asks: what it may not see, it cannot look for, either
}

// WaitingPage is a part of the list of who waits.
type WaitingPage struct {
	Total    int              `json:"total"`    // all that wait
	Matching int              `json:"matching"` // of these, those that were asked for
	Waiting  []WaitingRequest `json:"waiting"`  // those of the page
}

// Time is a moment as the wire writes it: RFC 3339, milliseconds, UTC.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(timeLayout) + `"`), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error { return t.Time.UnmarshalJSON(b) }
