// Package report is the command paceline report: what a recording, or a queue that
// answers now, comes to, as Markdown or as JSON.
//
// Package client/report computes the figures; here a recording is read or a queue is
// watched, and the figures become a page.
package report
