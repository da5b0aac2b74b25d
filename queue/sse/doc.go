// Package sse reads and writes server-sent events, as "Server-sent events" of
// html.spec.whatwg.org has them.
//
// A [Parser] is fed with a stream piece by piece, as its bytes pass by. A [Reader]
// takes the stream from an [io.Reader]. Both hold at most what their limit allows,
// and give the same events whatever the pieces are. [Append] and [AppendComment]
// write.
//
//	events := sse.NewReader(answer.Body, sse.Parser{Limit: 1 << 20})
//	for {
//		e, err := events.Next()
//		if err != nil {
//			return err // io.EOF at the end of the stream
//		}
//		fmt.Printf("%s: %s\n", e.Type, e.Data)
//	}
package sse

import "mime"

// MediaType is the content type of a stream.
const MediaType = "text/event-stream"

// IsStream reports whether a content type, with or without parameters, is that of
// a stream.
func IsStream(contentType string) bool {
	if contentType == MediaType {
		return true
	}
	t, _, _ := mime.ParseMediaType(contentType)
	return t == MediaType
}
