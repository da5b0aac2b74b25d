// Package api serves a queue's figures over HTTP: what dashboards and the
// monitor read.
//
//	GET    /api/queue/metrics                  the counters, the verdict and, under detail, everything else
//	POST   /api/queue/metrics                  sets the counters to zero
//	GET    /api/queue/stream                   the same as server-sent events, one a second
//	GET    /api/queue/waiting?limit=&offset=   who waits, in order
//	GET    /api/queue/waiting/{id}             one that waits
//	DELETE /api/queue/waiting/{id}             takes it out of the queue
//	GET    /api/queue/settings                 the settings in force
//	PATCH  /api/queue/settings                 changes those that are named
//	GET    /api/queue/lanes                    the lanes
//	POST   /api/queue/lanes                    ends the pause of the one that is named
//	GET    /metrics                            the figures for Prometheus
//	GET    /healthz                            200 while the process is alive
//	GET    /readyz                             200 while requests are accepted, 503 while draining
//
// HEAD works wherever GET does. Every answer is JSON, but for the stream and the
// page for Prometheus, and not to be cached; an error is {"error":…,"details":…}.
//
// A stream lasts until its client leaves or the http.Server shuts down. At most
// 100 are open at the same time; all of them share one snapshot a second.
//
// The figures for Prometheus name no user, and at most 100 lanes; the others are
// summed up as "other". They fall to zero when the counters are reset, which looks
// like a restart, as rate() expects.
//
// Whoever reaches the [Server] is answered. Who may, is decided in front of it:
// package access looks at Host, Origin and tokens before anything gets here.
package api
