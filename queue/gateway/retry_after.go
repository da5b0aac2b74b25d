package gateway

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxRetryAfter is the longest accepted retry-after.
	maxRetryAfter = 24 * time.Hour
	// maxWindow is the longest accepted time until a subscription's window
	// resets: the longest window has seven days.
	maxWindow = 8 * 24 * time.Hour
	// maxOwnLimit is the longest accepted time until a spend limit that the customer
	// has set is renewed: the longest is of a month.
	maxOwnLimit = 32 * 24 * time.Hour
)

// retryAfter is how long the answer that came at now asks to wait, and whether it
// asks at all: zero is a valid wait.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, given bool) {
	if ms, ok := seconds(h.Get("Retry-After-Ms")); ok {
		return secondsToDuration(ms / 1000), true
	}
	after := h.Get("Retry-After")
	if s, ok := seconds(after); ok {
		return secondsToDuration(s), true
	}
	until, err := http.ParseTime(after)
	if err != nil {
		return 0, false
	}
	if sent, ok := dateOf(h, now); ok { // the date is by that clock (RFC 9110, 10.2.3)
		now = sent
	}
	return min(max(until.Sub(now), 0), maxRetryAfter), true
}

// seconds parses a number of seconds without a sign.
func seconds(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && n >= 0 && !math.IsInf(n, 0)
}

// secondsToDuration converts seconds, at most maxRetryAfter.
func secondsToDuration(seconds float64) time.Duration {
	return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
}

// unifiedPrefix starts the headers of a subscription's limits, which have windows
// instead of buckets.
const unifiedPrefix = "Anthropic-Ratelimit-Unified-"

// windowReset is how long until a subscription's limit resets, by the header of a
// 429 that came at now. It is zero if the header does not say so, or says that the
// limit is not used up.
func windowReset(h http.Header, now time.Time) time.Duration {
	now = sentAt(h, now)
	status, reset := h.Get(unifiedPrefix+"Status"), h.Get(unifiedPrefix+"Reset")
	switch {
	case status != "rejected" && status != "":
		return 0
	case reset != "":
		return untilUnix(reset, now)
	case status == "":
		return 0
	}
	var first time.Duration // too early costs one call, too late hours
	for _, window := range []string{"5h-", "7d-"} {
		if !usedUp(h, unifiedPrefix+window) {
			continue
		}
		if wait := untilUnix(h.Get(unifiedPrefix+window+"Reset"), now); wait > 0 && (first == 0 || wait < first) {
			first = wait
		}
	}
	return first
}

// usedUp reports whether one window of a rejected subscription may be the reason.
func usedUp(h http.Header, window string) bool {
	if status := h.Get(window + "Status"); status != "" {
		return status == "rejected"
	}
	share, err := strconv.ParseFloat(h.Get(window+"Utilization"), 64)
	return err != nil || !(share < 1)
}

// untilUnix is how long from now to a time in Unix seconds; zero if that has passed
// or is implausible.
func untilUnix(reset string, now time.Time) time.Duration {
	at, err := strconv.ParseInt(reset, 10, 64)
	if err != nil {
		return 0
	}
	wait := time.Unix(at, 0).Sub(now)
	if wait <= 0 || wait > maxWindow {
		return 0
	}
	return wait
}

// untilNextMonth is how long a spend limit lasts that was reached when the answer
// was sent: until 00:00 UTC on the 1st.
func untilNextMonth(h http.Header, now time.Time) time.Duration {
	now = sentAt(h, now).UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Sub(now)
}

// hasLimits reports whether an answer reports limits of the account, in any of the
// API's forms. A subscription that is not used up has no limit that a refusal could
// be about.
func hasLimits(h http.Header) bool {
	if status := h.Get(unifiedPrefix + "Status"); status == "allowed" || status == "allowed_warning" {
		return false
	}
	for name := range h {
		if strings.HasPrefix(name, unifiedPrefix) {
			return true
		}
		limit := strings.HasSuffix(name, "-Limit") || strings.HasSuffix(name, "-Remaining")
		for _, prefix := range []string{"Anthropic-Ratelimit-", "Anthropic-Priority-", "Anthropic-Fast-"} {
			if limit && strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}
