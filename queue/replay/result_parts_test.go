package replay

import "time"

// asked is when the message was asked, since the first message.
func (a Answer) asked() time.Duration { return a.At - a.Latency }

// withTag returns the result of the messages with one tag. It has no Left, Blocked,
// Foreseeable or Fairness: those are known of the whole load only.
func (r *Result) withTag(tag string) *Result {
	part := &Result{firstAsked: r.firstAsked}
	for _, a := range r.Answers {
		if a.Tag == tag {
			part.Answers = append(part.Answers, a)
			part.lastAnswered = r.firstAsked + a.At
		}
	}
	for _, l := range r.failures {
		if l.tag == tag {
			part.fail(l)
		}
	}
	for _, c := range r.Calls {
		if c.Tag == tag {
			part.Calls = append(part.Calls, c)
			if c.Status == 429 {
				part.RateLimited++
			}
		}
	}
	return part
}

// peakPerSecond returns the most calls that the API received within one second, of
// the calls in [from, to), both since the first message.
func (r *Result) peakPerSecond(from, to time.Duration) (most int) {
	oldest := 0 // the first call of the second that ends with call i
	for i, c := range r.Calls {
		if c.At < from || c.At >= to {
			oldest = i + 1
			continue
		}
		for c.At-r.Calls[oldest].At >= time.Second {
			oldest++
		}
		most = max(most, i-oldest+1)
	}
	return most
}
