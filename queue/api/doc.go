// Package api serves a queue's figures over HTTP: what dashboards and the
// monitor read.
//
//	GET  /api/queue/metrics                  the counters, the verdict and, under detail, everything else
//	POST /api/queue/metrics                  sets the counters to zero
//	GET  /api/queue/waiting?limit=&offset=   who waits, in order
//	GET  /healthz                            200 while the process is alive
//	GET  /readyz                             200 while requests are accepted, 503 while draining
//
// HEAD works wherever GET does. Every answer is JSON and not to be cached; an
// error is {"error":…,"details":…}.
//
// There is no password. What protects the endpoint is where it listens, and two
// rules against web pages: over a loopback address it answers only to a loopback
// Host or one that [Options] allow, which no page reaches by rebinding a name,
// and it refuses a POST that comes from a page of another host.
package api
