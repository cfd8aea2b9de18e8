if size 10K :over { discard; }
if header "subject" :is "x" { discard; }
if header :is "subject" "x" { discard; }
