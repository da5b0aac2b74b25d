// Package api serves a queue's figures over HTTP, for dashboards and the monitor.
//
//	GET    /api/queue/metrics                  the counters, the health and, under detail, everything else
//	POST   /api/queue/metrics                  sets the counters to zero
//	GET    /api/queue/stream                   the same as server-sent events, one a second
//	GET    /api/queue/history?since=&until=&step=   what happened before
//	GET    /api/queue/waiting?limit=&offset=   the waiting requests, in order; also order=, user=, lane= and text=
//	PATCH  /api/queue/waiting?user=            changes the priority of all that a user has waiting
//	DELETE /api/queue/waiting?user=            removes them from the queue
//	GET    /api/queue/waiting/{id}             one waiting request; user= and group= say whose, if several users have one of that ID
//	PATCH  /api/queue/waiting/{id}             changes its priority
//	DELETE /api/queue/waiting/{id}             removes it from the queue
//	GET    /api/queue/settings                 the settings in force
//	PATCH  /api/queue/settings                 changes the named settings
//	GET    /api/queue/lanes                    the lanes
//	POST   /api/queue/lanes                    ends the pause of the named lane
//	GET    /metrics                            the figures for Prometheus
//	GET    /healthz                            200 while the process is alive
//	GET    /readyz                             200 while requests are accepted, 503 while draining
//	GET    / and /api/hello                    200, for clients that look whether anybody is there
//
// HEAD works wherever GET does. Answers are JSON, except the stream and the
// Prometheus page, and must not be cached; an error is {"error":…,"details":…}. They
// are compressed for clients that accept gzip.
//
// With ?events_since=N the metrics list only the events above number N: it is the
// detail.eventsTotal of an earlier answer. On the stream each frame then lists the
// events since the one before it.
//
// # Streams
//
// A stream lasts until its client leaves or the http.Server shuts down. At most 100
// may be open at the same time; all of them share one snapshot a second.
//
// # Prometheus
//
// The metrics name no user, and at most 100 lanes and 100 tokens; the others are added up as
// "other". Counters fall to zero when the queue's counters are reset, which looks
// like a restart, as rate() expects.
//
// # Limits
//
// A [Server] answers every request. Package access, in front of it, checks Host,
// Origin and tokens. [Options].Viewer says whose names the sender of a request may see;
// a frame of the stream is written once for all who may see the same.
package api
