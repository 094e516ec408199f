#!/bin/bash
#PJM --llio localtmp-size=20i
ls $PJM_LOCALTMP
