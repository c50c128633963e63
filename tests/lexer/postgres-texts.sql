SELECT E'\';', e'a''\\', type'\', x'00', U&'d\0061', $$it's; $1$$, $tag$ $$ ; $tag$, $1, a$b$c, $é$ü$é$, $never ends$
