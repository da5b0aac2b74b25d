package gateway

import "os"

// KeepBodiesIn has large bodies wait in the files that open returns.
func (g *Gateway) KeepBodiesIn(open func() (*os.File, error)) { g.tempFile = open }
