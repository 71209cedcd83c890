// Package torture holds the crash tests of the whole server: they start the program,
// drive it with many clients at random, kill it with SIGKILL at random instants, start
// it again, and afterwards compare every answer that a client ever got with what is
// there. Others fill the disk, put files in the way, replay and delay requests, stall
// connections and set the clock back. Several servers behind a proxy, with the database and
// the bucket that they share, are put to all that they must survive.
package torture
