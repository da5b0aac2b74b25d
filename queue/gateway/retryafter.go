package gateway

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxRetryAfter is the longest retry-after that is believed.
	maxRetryAfter = 24 * time.Hour
	// maxWindow is the longest time until a subscription's window begins anew that
	// is believed: the longest window has seven days.
	maxWindow = 8 * 24 * time.Hour
)

// retryAfter is how long an answer that came at now asks to wait. It reports
// whether the answer says so at all: zero can be what it says.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, given bool) {
	if ms, ok := seconds(h.Get("Retry-After-Ms")); ok {
		return atMostADay(ms / 1000), true
	}
	after := h.Get("Retry-After")
	if s, ok := seconds(after); ok {
		return atMostADay(s), true
	}
	until, err := http.ParseTime(after)
	if err != nil {
		return 0, false
	}
	if sent, ok := dateOf(h, now); ok { // the date is of that clock (RFC 9110, 10.2.3)
		now = sent
	}
	return min(max(until.Sub(now), 0), maxRetryAfter), true
}

// seconds reads a number of seconds, which has no sign.
func seconds(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && n >= 0 && !math.IsInf(n, 0)
}

// atMostADay is a number of seconds from outside as a duration.
func atMostADay(seconds float64) time.Duration {
	return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
}

// The headers of a subscription's limits, which have windows in place of buckets,
// begin with unified.
const unified = "Anthropic-Ratelimit-Unified-"

// windowReset is how long it is until a subscription's limit begins anew, by the
// header of a 429 that came at now. It is zero where the answer does not say so, or
// says that the limit is not used up.
func windowReset(h http.Header, now time.Time) time.Duration {
	now = sentAt(h, now)
	status, reset := h.Get(unified+"Status"), h.Get(unified+"Reset")
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
		if !usedUp(h, unified+window) {
			continue
		}
		if wait := untilUnix(h.Get(unified+window+"Reset"), now); wait > 0 && (first == 0 || wait < first) {
			first = wait
		}
	}
	return first
}

// usedUp reports whether one window of a subscription that is rejected may be the
// reason.
func usedUp(h http.Header, window string) bool {
	if status := h.Get(window + "Status"); status != "" {
		return status == "rejected"
	}
	share, err := strconv.ParseFloat(h.Get(window+"Utilization"), 64)
	return err != nil || !(share < 1)
}

// untilUnix is how long it is from now to a time in Unix seconds; zero if that is
// over, or no such time.
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

// untilNextMonth is how long a spend limit holds that was reached when the answer
// was sent: until 00:00 UTC on the 1st.
func untilNextMonth(h http.Header, now time.Time) time.Duration {
	now = sentAt(h, now).UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Sub(now)
}

// tellsLimits reports whether an answer tells limits of the account, in any of the
// ways in which the API does. A subscription that says that it is not used up
// tells none that a refusal could be about.
func tellsLimits(h http.Header) bool {
	if status := h.Get(unified + "Status"); status == "allowed" || status == "allowed_warning" {
		return false
	}
	for name := range h {
		if strings.HasPrefix(name, unified) {
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
