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

// limitsOf reads the account's limits from the header of an answer that came at now
// ("Rate limits", platform.claude.com). A limit that is missing or implausible is
// zero.
func limitsOf(h http.Header, now time.Time) queue.Limits {
	l := queue.Limits{
		Requests: limitOf(h["Anthropic-Ratelimit-Requests-Limit"], h["Anthropic-Ratelimit-Requests-Remaining"], 0),
		Input:    limitOf(h["Anthropic-Ratelimit-Input-Tokens-Limit"], h["Anthropic-Ratelimit-Input-Tokens-Remaining"], remainingSlack),
		Output:   limitOf(h["Anthropic-Ratelimit-Output-Tokens-Limit"], h["Anthropic-Ratelimit-Output-Tokens-Remaining"], remainingSlack),
	}
	inputReset := h["Anthropic-Ratelimit-Input-Tokens-Reset"]
	tokens := limitOf(h["Anthropic-Ratelimit-Tokens-Limit"], h["Anthropic-Ratelimit-Tokens-Remaining"], remainingSlack)
	tokensReset := h["Anthropic-Ratelimit-Tokens-Reset"]
	switch {
	case l.Input.PerMinute == 0 && l.Output.PerMinute == 0: // servers with one limit for both
		l.Input, inputReset = tokens, tokensReset
	case isSeparate(tokens, l):
		l.Tokens = tokens
	}
	if l == (queue.Limits{}) {
		return l
	}
	now = sentAt(h, now)
	setFullIn(&l.Requests, h["Anthropic-Ratelimit-Requests-Reset"], now)
	setFullIn(&l.Input, inputReset, now)
	setFullIn(&l.Output, h["Anthropic-Ratelimit-Output-Tokens-Reset"], now)
	setFullIn(&l.Tokens, tokensReset, now)
	return l
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
