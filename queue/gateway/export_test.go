package gateway

import "os"

// KeepBodiesIn has large bodies wait in the files that open returns.
func (g *Gateway) KeepBodiesIn(open func() (*os.File, error)) { g.tempFile = open }

// Encode returns texts in a content coding, or in a form of one: gzip, zlib, deflate or zstd.
var Encode = encode
