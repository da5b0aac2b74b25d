package advice

import "paceline/queue"

// published is the usual advice, by number of users.
var published = []struct {
	most int // users; zero: any number
	queue.PublishedAdvice
}{
	{5, queue.PublishedAdvice{
		Users:   "1-5",
		Advice:  []string{"a request queue", "exponential backoff", "monitoring"},
		Verdict: "good for beta testing",
	}},
	{15, queue.PublishedAdvice{
		Users:   "5-15",
		Advice:  []string{"watch the metrics regularly", "consider a higher tier", "usage quotas per user"},
		Verdict: "manageable with monitoring",
	}},
	{50, queue.PublishedAdvice{
		Users:   "15-50",
		Advice:  []string{"upgrade the tier", "response caching", "hybrid models (Haiku for simple tasks)"},
		Verdict: "infrastructure upgrades",
	}},
	{0, queue.PublishedAdvice{
		Users: "over 50",
		Advice: []string{
			"enterprise tier", "several organizations' keys with load balancing", "a dedicated Redis queue", "edge caching for static content",
		},
		Verdict: "full production infrastructure",
	}},
}

// publishedFor returns the usual advice for a number of users.
func publishedFor(users int) queue.PublishedAdvice {
	for _, p := range published {
		if users <= p.most {
			return p.PublishedAdvice
		}
	}
	return published[len(published)-1].PublishedAdvice
}
