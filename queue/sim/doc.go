// Package sim stands in for the Claude API and for the people who use it, so
// that a queue can be seen at work without a key, a network or a cost.
//
// The one idea: everything that chance decides is drawn from a stream of its
// own, named by the seed, the user and the number of the request. So a run can be
// repeated, and no order of goroutines changes what a request meets.
//
// # The API
//
// [API.Call] answers after a while with a long tail, and fails as the real one
// does: 429 with retry-after when its bucket of requests is empty, 529 and other
// failures at a set rate, everything while an outage is on. [Conditions] say how
// it behaves at the moment.
//
// # The users
//
// Users talk, pause, hang up when they wait too long, leave, and come back as
// somebody else. Each asks the next question when the last was answered.
//
// # The demo
//
// [Start] puts both around a queue and plays scenes that an operator learns
// from, see [Scenes]. A [World] also takes requests, bursts and outages by hand.
//
// # Limits
//
// The seed fixes what is drawn, not the clock: when a bucket runs empty depends on
// when the requests come. Tokens are counted in the answers, but only requests
// are limited.
package sim
