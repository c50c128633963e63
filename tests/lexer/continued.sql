SELECT E'a'
  'it\'s; b' -- c
, e'x' 'y', E'1' -- no
'\', E'a'
-- yes
 '\';'; 'a'
'\'