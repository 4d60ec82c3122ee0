Foo is a file of notes
