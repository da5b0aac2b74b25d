// Package access decides who may talk to the gateway, before anything of a
// request is read.
//
//	tokens, err := access.OpenTokens(path, report)
//	guard, err := access.New(access.Options{Tokens: tokens})
//	ln = access.Limit(ln, access.DefaultLimits(), report)
//	ln = tls.NewListener(ln, config) // from access.Certificate, if at all
//	err = api.Serve(ctx, ln, guard.Wrap(handler), q, drain)
//
// A [Guard] looks at four things, in this order: the Host and the Origin, so that
// no web page works the gateway through somebody's browser; the gateway token, so
// that we know who asks; and, for what changes the queue itself, whether that
// token is an admin's. What it refuses costs no place in the queue, and its body
// stays unread. Handlers behind it learn who asks from [From].
//
// Tokens are kept in a [TokenFile], hashed. A [Tokens] is a running server's view
// of that file, and a [Certificate] one of two others: both follow the files
// within a second, and keep what they have when a file cannot be read.
package access
