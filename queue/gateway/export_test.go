package gateway

import "os"

// KeepBodiesIn has large bodies wait in the files that open returns.
func (g *Gateway) KeepBodiesIn(open func() (*os.File, error)) { g.room.tempFile = open }

// FillDisk makes the disk for large bodies as full as that.
func (g *Gateway) FillDisk(free, all int64) { g.room.disk = func() (int64, int64) { return free, all } }

// BodiesOnDisk is how many bytes of the room for large bodies are taken.
func (g *Gateway) BodiesOnDisk() int64 { return g.room.taken.Load() }

// Encode returns texts in a content coding, or in a form of one: gzip, zlib, deflate or zstd.
var Encode = encode
