package client

import "time"

// maxBackOff is the longest wait between two polls that fail, unless the interval
// is longer.
const maxBackOff = 10 * time.Second

// NextPoll returns how long to wait before the next poll after so many failures in
// a row. Without failures it is interval. Then it doubles with each failure, at
// most the longer of 10 s and interval; jitter takes up to half of it away, by a
// random number in [0,1).
func NextPoll(interval time.Duration, failures int, random float64) time.Duration {
	if failures <= 0 {
		return interval
	}
	most := max(maxBackOff, interval)
	wait := interval
	for range min(failures, 32) {
		wait = min(2*wait, most)
	}
	return wait - time.Duration(random*float64(wait)/2)
}
