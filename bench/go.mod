// Programs that compare slactl with others are a module of their own: what they
// need never becomes a dependency of slactl.
module github.com/slactl/slactl/bench

go 1.26
