package gateway

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// figures count what the queue does not see: requests by route, and those that are in batches.
type figures struct {
	routes map[string]*routeFigures // by name; complete from the beginning

	mu      sync.Mutex
	batched map[string]int64 // by token; guarded by mu
}

// routeFigures count the requests of a route by the hundreds of their status, and those whose
// client left before its answer as [0].
type routeFigures [6]atomic.Int64

// maxBatchTokens is how many tokens are counted by name; the others are "other". Tokens are
// made by hand, but also revoked, and made anew.
const maxBatchTokens = 100

func newFigures() *figures {
	f := &figures{routes: map[string]*routeFigures{otherRoute: {}, unknownRoute: {}}, batched: map[string]int64{}}
	for _, r := range routes {
		f.routes[r.name] = new(routeFigures)
	}
	for _, name := range restNames {
		f.routes[name] = new(routeFigures)
	}
	return f
}

// count counts a request that is done. The status is zero where the connection was cut
// before an answer.
func (f *figures) count(route string, status int) {
	class := status / 100
	if status == statusHungUp || class >= len(routeFigures{}) {
		class = 0
	}
	f.routes[route][class].Add(1)
}

// countBatch counts the requests of a batch that the API has taken.
func (f *figures) countBatch(token string, requests int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.batched[token]; !ok && len(f.batched) >= maxBatchTokens {
		token = otherRoute
	}
	f.batched[token] += requests
}

// EachRoute calls tell with each route that was asked for since the start: how many requests
// were answered with a class of status, such as "2xx", or "cancelled" where the client left
// before. There are some 20 routes.
func (g *Gateway) EachRoute(tell func(route, status string, requests int64)) {
	for _, name := range slices.Sorted(maps.Keys(g.figures.routes)) {
		for class := range g.figures.routes[name] {
			status := strconv.Itoa(class) + "xx"
			if class == 0 {
				status = "cancelled"
			}
			if n := g.figures.routes[name][class].Load(); n > 0 {
				tell(name, status, n)
			}
		}
	}
}

// EachBatchToken calls tell with each token that has made batches since the start, and how
// many requests are in them. The token is empty where none is needed.
func (g *Gateway) EachBatchToken(tell func(token string, requests int64)) {
	g.figures.mu.Lock()
	batched := maps.Clone(g.figures.batched)
	g.figures.mu.Unlock()
	for _, token := range slices.Sorted(maps.Keys(batched)) {
		tell(token, batched[token])
	}
}
