package client

import "time"

// maxBackOff is the longest wait after failed polls, unless the interval is longer.
const maxBackOff = 10 * time.Second

// NextPoll returns how long to wait before the next poll after a number of failures in
// a row: the interval after none, doubled with each failure up to the longer of 10 s
// and interval, less a jitter of up to half, by a random number in [0,1).
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
