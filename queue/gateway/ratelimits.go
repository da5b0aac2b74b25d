package gateway

import (
	"net/http"
	"time"

	"paceline/queue"
)

const (
	// rounding is how much too many tokens an answer may say that remain: they are
	// told to the nearest thousand.
	rounding = 500
	// maxFullIn is the longest time until a bucket is full that is believed, and the
	// longest since it was.
	maxFullIn = time.Hour
	// maxSkew is how far the API's clock may be from ours, and ours is taken: the
	// Date of an answer has no fractions of a second.
	maxSkew = 2 * time.Second
	// maxOff is how far the API's clock may be from ours at all: a Date that is
	// farther off is no time of the answer.
	maxOff = 24 * time.Hour
)

// limitsOf reads the account's limits from the header of an answer that came at
// now ("Rate limits", platform.claude.com). What is missing or cannot be is not
// told.
func limitsOf(h http.Header, now time.Time) queue.Limits {
	l := queue.Limits{
		Requests: limitOf(h["Anthropic-Ratelimit-Requests-Limit"], h["Anthropic-Ratelimit-Requests-Remaining"], 0),
		Input:    limitOf(h["Anthropic-Ratelimit-Input-Tokens-Limit"], h["Anthropic-Ratelimit-Input-Tokens-Remaining"], rounding),
		Output:   limitOf(h["Anthropic-Ratelimit-Output-Tokens-Limit"], h["Anthropic-Ratelimit-Output-Tokens-Remaining"], rounding),
	}
	inputReset := h["Anthropic-Ratelimit-Input-Tokens-Reset"]
	tokens := limitOf(h["Anthropic-Ratelimit-Tokens-Limit"], h["Anthropic-Ratelimit-Tokens-Remaining"], rounding)
	tokensReset := h["Anthropic-Ratelimit-Tokens-Reset"]
	switch {
	case l.Input.PerMinute == 0 && l.Output.PerMinute == 0: // servers that know one limit of both
		l.Input, inputReset = tokens, tokensReset
	case isFurther(tokens, l):
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

// isFurther reports whether the limit of all tokens is one of its own, such as a
// workspace's. Where there is none, the API tells the narrower of the others there,
// or the sum of both.
func isFurther(tokens queue.Limit, l queue.Limits) bool {
	in, out := l.Input.PerMinute, l.Output.PerMinute
	switch n := tokens.PerMinute; {
	case n == in, n == out:
		return false
	case in > 0 && out > 0: // where more never runs out before the others
		return n < in+out
	default:
		return true
	}
}

// limitOf reads one limit from the values of its two headers. What remains can be
// above the limit by slack or a tenth, and counts as the limit then; what is above
// that is no such number.
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

// setFullIn reads when a limit that is told is full again. It may have been so for
// a while: the time is in whole seconds, and of a clock that may be off.
func setFullIn(l *queue.Limit, reset []string, now time.Time) {
	if l.PerMinute == 0 || len(reset) == 0 {
		return
	}
	full, err := time.Parse(time.RFC3339, reset[0])
	switch d := full.Sub(now); {
	case err != nil, d.Abs() > maxFullIn:
	case d == 0: // which would be: not told
		l.FullIn = -time.Millisecond
	default:
		l.FullIn = d
	}
}

// sentAt is when an answer that came at now was sent, by the clock that its times
// are of.
func sentAt(h http.Header, now time.Time) time.Time {
	sent, ok := dateOf(h, now)
	if !ok || now.Sub(sent).Abs() <= maxSkew {
		return now
	}
	return sent
}

// dateOf is the Date of an answer that came at now; false if there is none that can
// be.
func dateOf(h http.Header, now time.Time) (time.Time, bool) {
	date := h["Date"]
	if len(date) == 0 {
		return time.Time{}, false
	}
	sent, err := http.ParseTime(date[0])
	return sent, err == nil && now.Sub(sent).Abs() <= maxOff
}
