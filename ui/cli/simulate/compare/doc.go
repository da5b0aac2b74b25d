// Package compare is the command paceline simulate compare: what users feel of the
// same traffic under each pace, as a list, a picture and a table, as Markdown, or
// as JSON. Package replay computes it.
package compare
