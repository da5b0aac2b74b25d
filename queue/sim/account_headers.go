package sim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Headers are what the anthropic-ratelimit headers tell ("Rate limits",
// platform.claude.com). What they tell about a workspace with limits of its own,
// [AccountSettings].WorkspaceTold says.
type Headers struct {
	Requests     Told
	InputTokens  Told
	OutputTokens Told
	Tokens       Told // the most restrictive of the token limits: the one with the smallest part left
}

// Rounding is how the -reset headers are brought to whole seconds.
type Rounding int

// The roundings. The zero value is RoundUp: a bucket is never said to be full
// before it is.
const (
	RoundUp Rounding = iota
	RoundNearest
	RoundDown
	NoReset // no -reset header at all: [Told].Reset is zero
)

// mostSkew is how far the clock of the -reset headers can be off.
const mostSkew = 10 * time.Minute

// WorkspaceTold is what the headers tell about a workspace with limits of its own.
type WorkspaceTold int

// The ways to tell. The zero value is TellScarcest.
const (
	// TellScarcest tells of whichever bucket has less in it, the organization's or
	// the workspace's.
	TellScarcest WorkspaceTold = iota
	// TellInTokens tells the workspace's limit in the anthropic-ratelimit-tokens
	// headers alone, and in the others the organization's.
	TellInTokens
	// TellNothing tells the organization's limits alone. The workspace's still hold.
	TellNothing
)

// Told is what the headers tell of one bucket. The zero Told is that of one
// without a limit: it has no headers.
type Told struct {
	Limit     int
	Remaining int       // requests exactly, tokens to the nearest thousand
	Reset     time.Time // when it is full again, in whole seconds, UTC; zero for no such header
}

// Headers returns what the headers of an answer tell of a group now, if it has
// any. The workspace may be empty.
func (a *Account) Headers(now time.Time, group, workspace string) Headers {
	at := a.advance(now)
	return a.tell(at, a.tanksOf(group, workspace))
}

// tell returns the headers of some tanks.
func (a *Account) tell(now micros, all []*tanks) Headers {
	var requests, input, output, tokens *tank
	for _, t := range all { // the organization's come first
		told := !t.workspace || a.settings.WorkspaceTold == TellScarcest
		if told {
			requests = scarcer(now, requests, &t.requests, byLevel)
			input = scarcer(now, input, &t.input, byLevel)
			output = scarcer(now, output, &t.output, byLevel)
		} else if a.settings.WorkspaceTold == TellInTokens && t.limitTokens() {
			told, tokens = true, nil
		}
		if told {
			tokens = scarcer(now, tokens, &t.input, byShare)
			tokens = scarcer(now, tokens, &t.output, byShare)
			tokens = scarcer(now, tokens, &t.tokens, byShare)
		}
	}
	return Headers{a.told(now, requests, 1), a.told(now, input, 1000), a.told(now, output, 1000), a.told(now, tokens, 1000)}
}

// limitTokens reports whether tokens of any kind have a limit.
func (t *tanks) limitTokens() bool {
	return t.input.limit > 0 || t.output.limit > 0 || t.tokens.limit > 0
}

// shows reports whether an answer of this status has limit headers.
func (a *Account) shows(status int, l luck) bool {
	return !l.bare && (status == http.StatusTooManyRequests || !a.settings.HeadersOnlyOn429)
}

// headersOf returns the limit headers of an answer of this status to a call that
// draws from no bucket; zero for an answer that has none.
func (a *Account) headersOf(now time.Time, c Call, status int) Headers {
	at := a.advance(now)
	if !a.shows(status, a.draw(c, "account", c.ID)) {
		return Headers{}
	}
	return a.tell(at, a.tanksOf(a.Group(c.Model), c.Workspace))
}

// scarcer returns which of two tanks comes first by an order; one without a limit
// never does.
func scarcer(now micros, a, b *tank, order func(a, b *tank) int) *tank {
	if b.limit == 0 {
		return a
	}
	b.settle(now)
	if a == nil || order(b, a) < 0 {
		return b
	}
	return a
}

func byLevel(a, b *tank) int { return cmp.Compare(a.level, b.level) }

// byShare is by the part that is left, and among equal parts by the limit.
func byShare(a, b *tank) int {
	part := func(t *tank) float64 { return float64(t.level) / float64(t.size) }
	return cmp.Or(cmp.Compare(part(a), part(b)), cmp.Compare(a.limit, b.limit))
}

// told is what the headers tell of a tank; nil is one without a limit.
func (a *Account) told(now micros, t *tank, nearest int64) Told {
	if t == nil {
		return Told{}
	}
	whole := max(t.level/token, 0)
	whole = min((whole+nearest/2)/nearest*nearest, t.limit)
	full := a.at(now + t.untilFull(now)).Add(a.settings.ResetSkew + a.settings.dateSkew)
	return Told{int(t.limit), int(whole), a.settings.ResetRounding.round(full.UTC())}
}

// round brings a time to whole seconds.
func (r Rounding) round(t time.Time) time.Time {
	switch r {
	case RoundUp:
		return t.Add(time.Second - 1).Truncate(time.Second)
	case RoundNearest:
		return t.Round(time.Second)
	case RoundDown:
		return t.Truncate(time.Second)
	default:
		return time.Time{}
	}
}

// Write sets the headers.
func (h Headers) Write(to http.Header) {
	h.Requests.write(to, "requests")
	h.InputTokens.write(to, "input-tokens")
	h.OutputTokens.write(to, "output-tokens")
	h.Tokens.write(to, "tokens")
}

func (t Told) write(to http.Header, name string) {
	if t.Limit == 0 {
		return
	}
	name = "anthropic-ratelimit-" + name
	to.Set(name+"-limit", strconv.Itoa(t.Limit))
	to.Set(name+"-remaining", strconv.Itoa(t.Remaining))
	if !t.Reset.IsZero() {
		to.Set(name+"-reset", t.Reset.Format(time.RFC3339))
	}
}

// Level is the truth about one bucket, which no header tells.
type Level struct {
	Of        Limit  // LimitRequests, LimitBurst, LimitInput, LimitOutput or LimitTokens
	Workspace string // empty: the organization's
	Limit     int    // a minute
	Size      float64
	Remaining float64   // exactly; below zero while more is produced than it held
	Full      time.Time // when it is full again if nothing draws from it
}

// Buckets returns all buckets of a group that have a limit, for somebody who may
// see everything: the organization's, and those of each workspace with limits of
// its own, by name.
func (a *Account) Buckets(now time.Time, group string) []Level {
	at := a.advance(now)
	list := a.levels(at, nil, a.tanksOf(group, "")[0], "")
	for _, name := range slices.Sorted(maps.Keys(a.settings.Workspaces)) {
		list = a.levels(at, list, a.tanksAt(place{name, group}, a.settings.Workspaces[name]), name)
	}
	return list
}

// levels appends those of the tanks that have a limit.
func (a *Account) levels(now micros, list []Level, t *tanks, workspace string) []Level {
	for _, n := range []need{{tank: &t.requests, limit: LimitRequests}, {tank: &t.burst, limit: LimitBurst},
		{tank: &t.input, limit: LimitInput}, {tank: &t.output, limit: LimitOutput}, {tank: &t.tokens, limit: LimitTokens}} {
		if n.tank.limit == 0 {
			continue
		}
		full := a.at(now + n.tank.untilFull(now))
		list = append(list, Level{
			Of: n.limit, Workspace: workspace, Limit: int(n.tank.limit), Size: float64(n.tank.size) / float64(token),
			Remaining: float64(n.tank.level) / float64(token), Full: full,
		})
	}
	return list
}
