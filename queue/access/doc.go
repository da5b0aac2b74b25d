// Package access decides which requests reach the gateway, before a request's body
// is read.
//
//	tokens, err := access.OpenTokens(path, report)
//	guard, err := access.NewGuard(access.GuardOptions{Tokens: tokens})
//	ln = access.LimitListener(ln, access.DefaultLimits(), report)
//	ln = tls.NewListener(ln, config) // optional, from access.TLSConfig
//	err = api.Serve(ctx, ln, guard.Wrap(handler), q, drain)
//
// # The guard
//
// A [Guard] checks, in this order: the Host and the Origin, so that no web page that is
// not allowed to can use the gateway through a visitor's browser; the gateway token, which names the
// caller; and for a change of the queue itself, whether the token is an admin's. A
// refused request takes no place in the queue, and its body stays unread. Handlers
// behind the guard get the caller from [CallerFrom].
//
// # Files
//
// A [TokenFile] keeps tokens, hashed. [Tokens] is a running server's view of that
// file, and [TLSConfig] one of a certificate and its key: both follow their files
// within a second, and keep the last good content if a file cannot be read.
package access
