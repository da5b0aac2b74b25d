package sim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Headers are the anthropic-ratelimit headers ("Rate limits", platform.claude.com).
// What they report about a workspace with limits of its own,
// [AccountSettings].WorkspaceHeaders says.
type Headers struct {
	Requests     LimitHeader
	InputTokens  LimitHeader
	OutputTokens LimitHeader
	Tokens       LimitHeader // the token limit with the smallest share left
	// Fast says that the limits of tokens are those of the fast mode, whose headers are
	// called anthropic-fast-; a limit of 0 is told then.
	Fast bool
}

// Rounding is how the -reset headers are rounded to whole seconds.
type Rounding int

// The roundings. The zero value is RoundUp: a bucket is never said to be full
// before it is.
const (
	RoundUp Rounding = iota
	RoundNearest
	RoundDown
	NoReset // no -reset header: [LimitHeader].Reset is zero
)

// The bounds of what headers may tell wrongly.
const (
	MinLimitsTold = 0.01
	MaxLimitsTold = 100
	MaxResetSkew  = 10 * time.Minute // ahead or behind
	MaxDateSkew   = 24 * time.Hour   // ahead or behind
)

// WorkspaceHeaders is what the headers report about a workspace with limits of its
// own.
type WorkspaceHeaders int

// The zero value is WorkspaceScarcest.
const (
	// WorkspaceScarcest reports whichever bucket holds less, the organization's or
	// the workspace's.
	WorkspaceScarcest WorkspaceHeaders = iota
	// WorkspaceInTokens reports the workspace's limit in the
	// anthropic-ratelimit-tokens headers only, and the organization's in the
	// others.
	WorkspaceInTokens
	// WorkspaceHidden reports the organization's limits only. The workspace's still
	// hold.
	WorkspaceHidden
)

// LimitHeader is what the headers report of one bucket. The zero LimitHeader is
// that of a bucket without a limit, which has no headers.
type LimitHeader struct {
	Limit     int
	Remaining int       // requests exactly, tokens rounded to thousands; see RemainingDown
	Reset     time.Time // when the bucket is full again, in whole seconds, UTC; zero for no such header
}

// EndHeaders returns the limit headers of an answer to c that is not streamed and ends
// now: those of its decision, or what is left now with [AccountSettings].HeadersAtEnd.
func (a *Account) EndHeaders(now time.Time, c Call, d Decision) Headers {
	at := a.advance(now)
	if !a.settings.HeadersAtEnd || d.Headers == (Headers{}) { // without headers at the start it has none
		return d.Headers
	}
	return a.limitHeaders(at, a.bucketsOf(c))
}

// limitHeaders returns the headers of some buckets.
func (a *Account) limitHeaders(now micros, all []*bucketSet) Headers {
	var requests, input, output, tokens *bucket
	for _, b := range all { // the organization's come first
		include := !b.workspace || a.settings.WorkspaceHeaders == WorkspaceScarcest
		if include {
			requests = scarcest(now, requests, &b.requests, byLevel)
			input = scarcest(now, input, &b.input, byLevel)
			output = scarcest(now, output, &b.output, byLevel)
		} else if a.settings.WorkspaceHeaders == WorkspaceInTokens && b.hasTokenLimit() {
			include, tokens = true, nil
		}
		if include {
			tokens = scarcest(now, tokens, &b.input, byShare)
			tokens = scarcest(now, tokens, &b.output, byShare)
			tokens = scarcest(now, tokens, &b.tokens, byShare)
		}
	}
	return Headers{
		Requests:    a.limitHeader(now, requests, 1),
		InputTokens: a.limitHeader(now, input, tokenUnit), OutputTokens: a.limitHeader(now, output, tokenUnit), Tokens: a.limitHeader(now, tokens, tokenUnit),
		Fast: len(all) > 0 && all[0].fast,
	}
}

// hasTokenLimit reports whether tokens of any kind have a limit.
func (b *bucketSet) hasTokenLimit() bool {
	return b.input.limit > 0 || b.output.limit > 0 || b.tokens.limit > 0
}

// hasHeaders reports whether an answer of this status has limit headers.
func (a *Account) hasHeaders(now micros, status int, l draws) bool {
	without := a.settings.HeadersOnlyOn429
	if status == http.StatusTooManyRequests {
		without = a.settings.NoHeadersOn429
	}
	return !without && !l.noHeaders && now >= inMicros(a.settings.HeadersFrom)
}

// headersOf returns the limit headers of an answer of this status to a call that
// draws from no bucket; zero for an answer without them.
func (a *Account) headersOf(now time.Time, c Call, status int) Headers {
	at := a.advance(now)
	if !a.hasHeaders(at, status, a.draw(c, "account", c.ID)) {
		return Headers{}
	}
	return a.limitHeaders(at, a.bucketsOf(c))
}

// scarcest returns the first of two buckets by an order. One without a limit never
// is.
func scarcest(now micros, a, b *bucket, order func(a, b *bucket) int) *bucket {
	if b.limit == 0 {
		return a
	}
	b.advance(now)
	if a == nil || order(b, a) < 0 {
		return b
	}
	return a
}

func byLevel(a, b *bucket) int { return cmp.Compare(a.level, b.level) }

// byShare orders by the share that is left, then by the limit.
func byShare(a, b *bucket) int {
	part := func(of *bucket) float64 { return float64(of.level) / float64(of.size) }
	return cmp.Or(cmp.Compare(part(a), part(b)), cmp.Compare(a.limit, b.limit))
}

// tokenUnit is what the token figures of the headers are rounded to.
const tokenUnit = 1000

// limitHeader returns the header of a bucket; nil is one without a limit. Remaining
// is rounded to a multiple of unit.
func (a *Account) limitHeader(now micros, b *bucket, unit int64) LimitHeader {
	if b == nil {
		return LimitHeader{}
	}
	told := cmp.Or(a.settings.LimitsTold, 1)
	limit, whole := int64(told*float64(b.limit)), int64(told*float64(max(b.level/token, 0)))
	if !a.settings.RemainingDown {
		whole += unit / 2
	}
	whole = min(whole/unit*unit, limit)
	full := a.clockTime(now + b.untilFull(now)).Add(a.settings.ResetSkew + a.settings.dateSkew)
	return LimitHeader{int(limit), int(whole), a.settings.ResetRounding.round(full.UTC())}
}

// round rounds a time to whole seconds.
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

// write sets the headers.
func (h Headers) write(to http.Header) {
	if h.Fast {
		h.InputTokens.write(to, "anthropic-fast-input-tokens", true)
		h.OutputTokens.write(to, "anthropic-fast-output-tokens", true)
		return
	}
	h.Requests.write(to, "anthropic-ratelimit-requests", false)
	h.InputTokens.write(to, "anthropic-ratelimit-input-tokens", false)
	h.OutputTokens.write(to, "anthropic-ratelimit-output-tokens", false)
	h.Tokens.write(to, "anthropic-ratelimit-tokens", false)
}

// write sets the headers of a limit; those of a limit of 0 only if it is told.
func (h LimitHeader) write(to http.Header, name string, none bool) {
	if h.Limit == 0 && !none {
		return
	}
	to.Set(name+"-limit", strconv.Itoa(h.Limit))
	to.Set(name+"-remaining", strconv.Itoa(h.Remaining))
	if !h.Reset.IsZero() {
		to.Set(name+"-reset", h.Reset.Format(time.RFC3339))
	}
}

// BucketState is the true state of one bucket, which no header reports.
type BucketState struct {
	Kind      LimitKind // LimitRequests, LimitBurst, LimitInput, LimitOutput or LimitTokens
	Workspace string    // empty: the organization's
	Limit     int       // a minute
	Size      float64
	Remaining float64   // exact; below zero when more was produced than it held
	FullAt    time.Time // when the bucket is full again if nothing draws from it
}

// Buckets returns the buckets of a group that have a limit: the organization's,
// then those of each workspace with limits of its own, by name.
func (a *Account) Buckets(now time.Time, group string) []BucketState {
	at := a.advance(now)
	list := a.levels(at, nil, a.bucketSetAt(bucketKey{group: group}, a.limits), "")
	for _, name := range slices.Sorted(maps.Keys(a.settings.Workspaces)) {
		list = a.levels(at, list, a.bucketSetAt(bucketKey{workspace: name, group: group}, a.settings.Workspaces[name]), name)
	}
	return list
}

// levels appends the state of the buckets that have a limit.
func (a *Account) levels(now micros, list []BucketState, b *bucketSet, workspace string) []BucketState {
	for _, n := range []need{{bucket: &b.requests, limit: LimitRequests}, {bucket: &b.burst, limit: LimitBurst},
		{bucket: &b.input, limit: LimitInput}, {bucket: &b.output, limit: LimitOutput}, {bucket: &b.tokens, limit: LimitTokens}} {
		if n.bucket.limit == 0 {
			continue
		}
		full := a.clockTime(now + n.bucket.untilFull(now))
		list = append(list, BucketState{
			Kind: n.limit, Workspace: workspace, Limit: int(n.bucket.limit), Size: float64(n.bucket.size) / float64(token),
			Remaining: float64(n.bucket.level) / float64(token), FullAt: full,
		})
	}
	return list
}
