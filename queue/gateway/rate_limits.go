package gateway

import (
	"net/http"
	"time"

	"paceline/queue"
)

const (
	// remainingSlack is by how many tokens Remaining may be too high: it is
	// rounded to the nearest thousand.
	remainingSlack = 500
	// maxFullIn is the longest accepted time until a bucket is full, and the
	// longest since it was full.
	maxFullIn = time.Hour
	// maxSkew is how far the API's clock may be off while ours is used: the
	// Date of an answer has no fractions of a second.
	maxSkew = 2 * time.Second
	// maxDateSkew is how far the API's clock may be off at all: a Date that is
	// farther off is ignored.
	maxDateSkew = 24 * time.Hour
)

// limitHeaders are the names of the headers of one limit.
type limitHeaders struct{ limit, remaining, reset string }

// accountHeaders are the limit headers of an account: those of its usual limits, or of
// its fast mode ("Rate limits", "Fast mode", platform.claude.com).
type accountHeaders struct{ requests, input, output, tokens limitHeaders }

var usualHeaders, fastHeaders = headersNamed("Anthropic-Ratelimit-"), headersNamed("Anthropic-Fast-")

func headersNamed(prefix string) accountHeaders {
	of := func(name string) limitHeaders {
		return limitHeaders{prefix + name + "-Limit", prefix + name + "-Remaining", prefix + name + "-Reset"}
	}
	return accountHeaders{of("Requests"), of("Input-Tokens"), of("Output-Tokens"), of("Tokens")}
}

// limitsOf reads the account's limits from the header of an answer that came at now;
// fast says that the request asked for the fast mode, which has limits of its own. A
// limit that is missing or implausible is zero.
func limitsOf(h http.Header, fast bool, now time.Time) queue.Limits {
	names := &usualHeaders
	if fast {
		names = &fastHeaders
	}
	l := queue.Limits{
		Requests: names.requests.read(h, 0),
		Input:    names.input.read(h, remainingSlack),
		Output:   names.output.read(h, remainingSlack),
	}
	inputReset := names.input.reset
	tokens := names.tokens.read(h, remainingSlack)
	switch {
	case l.Input.PerMinute == 0 && l.Output.PerMinute == 0: // servers with one limit for both
		l.Input, inputReset = tokens, names.tokens.reset
	case isSeparate(tokens, l):
		l.Tokens = tokens
	}
	if l == (queue.Limits{}) {
		return l
	}
	now = sentAt(h, now)
	setFullIn(&l.Requests, h[names.requests.reset], now)
	setFullIn(&l.Input, h[inputReset], now)
	setFullIn(&l.Output, h[names.output.reset], now)
	setFullIn(&l.Tokens, h[names.tokens.reset], now)
	return l
}

// isClosed reports whether the header of an answer says that the account may never use
// the fast mode: a limit is 0.
func isClosed(h http.Header) bool {
	for _, names := range []*limitHeaders{&fastHeaders.requests, &fastHeaders.input, &fastHeaders.output, &fastHeaders.tokens} {
		if limit := h[names.limit]; len(limit) > 0 && limit[0] == "0" {
			return true
		}
	}
	return false
}

// read reads a limit from the header of an answer.
func (names *limitHeaders) read(h http.Header, slack int) queue.Limit {
	return limitOf(h[names.limit], h[names.remaining], slack)
}

// isSeparate reports whether the limit of all tokens is one of its own, such as a
// workspace's. Without such a limit the API reports the narrower of the others
// there, or their sum.
func isSeparate(tokens queue.Limit, l queue.Limits) bool {
	in, out := l.Input.PerMinute, l.Output.PerMinute
	switch n := tokens.PerMinute; {
	case n == in, n == out:
		return false
	case in > 0 && out > 0: // a larger one never runs out first
		return n < in+out
	default:
		return true
	}
}

// limitOf reads one limit from the values of its two headers. Remaining may exceed
// the limit by slack or a tenth, and counts as the limit then; a higher value makes
// the header implausible.
func limitOf(limit, remaining []string, slack int) (none queue.Limit) {
	if len(limit) == 0 || len(remaining) == 0 {
		return none
	}
	perMinute, ok := number(limit[0])
	left, leftOK := number(remaining[0])
	if !ok || !leftOK || perMinute == 0 || left-perMinute > max(slack, perMinute/10) {
		return none
	}
	return queue.Limit{PerMinute: perMinute, Remaining: min(left, perMinute)}
}

// setFullIn reads when a known limit is full again. That may be in the past: the
// time is in whole seconds, of a clock that may be off.
func setFullIn(l *queue.Limit, reset []string, now time.Time) {
	if l.PerMinute == 0 || len(reset) == 0 {
		return
	}
	full, err := time.Parse(time.RFC3339, reset[0])
	switch d := full.Sub(now); {
	case err != nil, d.Abs() > maxFullIn:
	case d == 0: // zero means unknown
		l.FullIn = -time.Millisecond
	default:
		l.FullIn = d
	}
}

// sentAt is when an answer that came at now was sent, by the clock of the times in
// it.
func sentAt(h http.Header, now time.Time) time.Time {
	sent, ok := dateOf(h, now)
	if !ok || now.Sub(sent).Abs() <= maxSkew {
		return now
	}
	return sent
}

// dateOf is the Date of an answer that came at now; false if it is missing or
// implausible.
func dateOf(h http.Header, now time.Time) (time.Time, bool) {
	date := h["Date"]
	if len(date) == 0 {
		return time.Time{}, false
	}
	sent, err := http.ParseTime(date[0])
	return sent, err == nil && now.Sub(sent).Abs() <= maxDateSkew
}
