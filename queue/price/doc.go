// Package price says what calls of the Claude API cost.
//
// Money is counted in nano-dollars: a thousand millionth of a dollar. [Default] is the table
// that is built in, [Parse] reads another one, and [Table.Of] is the price of a call. What is
// not in the table has no price; nothing is guessed.
package price
