package compat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * The same as Admin, for the commands that look closer, ask consumers and send groups elsewhere.
 * Arguments: name server, broker address.
 */
public final class AdminTools {
  private AdminTools() {}

  public static void main(String[] arguments) throws Exception {
    String broker = arguments[1];
    Commands commands = new Commands(arguments[0]);
    try (AtWork work = new AtWork(arguments[0], "tool")) {
      commands.run("updateTopic-tools", "updateTopic -c DefaultCluster -t ToolTopic -r 2 -w 2");
      commands.run("updateSubGroup-tools", "updateSubGroup -c DefaultCluster -g tool_idle");
      List<SendResult> sent = new ArrayList<>();
      for (int i = 0; i < AtWork.MESSAGES; i++) {
        MessageQueue queue = new MessageQueue("ToolTopic", "broker-a", i % 2);
        sent.add(work.producer.send(work.message("ToolTopic", i), queue));
      }
      work.consume("ToolTopic");
      String client =
          work.consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
      commands.run(looking(broker, client, sent.get(3)));
      commands.run(tables(broker));
      commands.run(moving(broker));
    }
    System.exit(0);
  }

  private static Map<String, String> looking(String broker, String client, SendResult sent) {
    Map<String, String> all = new LinkedHashMap<>();
    String id = sent.getMsgId();
    all.put("queryMsgByOffset", "queryMsgByOffset -t ToolTopic -b broker-a -i 0 -o 0");
    all.put("queryMsgByKey-few", "queryMsgByKey -t ToolTopic -k shared -m 3");
    all.put("queryMsgById-resend", "queryMsgById -t ToolTopic -i " + sent.getOffsetMsgId()
        + " -g tool_consumer -d " + client);
    all.put("queryMsgByUniqueKey-consume", "queryMsgByUniqueKey -t ToolTopic -i " + id
        + " -g tool_consumer -d " + client);
    all.put("printMsg", "printMsg -t ToolTopic -d true");
    all.put("printMsg-tag", "printMsg -t ToolTopic -s TagB");
    all.put("printMsgByQueue", "printMsgByQueue -t ToolTopic -a broker-a -i 0 -p true -d true");
    all.put("consumeMessage", "consumeMessage -t ToolTopic -b broker-a -i 1 -c 2 -o 0");
    all.put("queryCq", "queryCq -t ToolTopic -q 0 -i 1 -c 2 -b " + broker);
    all.put("queryCq-group", "queryCq -t ToolTopic -q 0 -i 0 -c 1 -g tool_consumer -b " + broker);
    all.put("queryCq-nobody", "queryCq -t ToolTopic -q 0 -i 0 -c 1 -g nobody -b " + broker);
    all.put("consumerStatus", "consumerStatus -g tool_consumer");
    all.put("consumerStatus-unknown", "consumerStatus -g nobody");
    all.put("allocateMQ", "allocateMQ -t ToolTopic -i 127.0.0.1,127.0.0.2");
    return all;
  }

  private static Map<String, String> tables(String broker) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("sendMessage", "sendMessage -t ToolTopic -p hello -k k9 -c TagX -b broker-a -i 1");
    all.put("checkMsgSendRT", "checkMsgSendRT -t ToolTopic -a 3 -s 20");
    all.put("statsAll", "statsAll -t ToolTopic");
    all.put("brokerConsumeStats", "brokerConsumeStats -b " + broker);
    all.put("producer", "producer -b " + broker);
    all.put("topicClusterList", "topicClusterList -t ToolTopic");
    all.put("updateOrderConf", "updateOrderConf -t ToolTopic -m put -v broker-a:2");
    all.put("updateOrderConf-get", "updateOrderConf -t ToolTopic -m get");
    all.put("updateOrderConf-delete", "updateOrderConf -t ToolTopic -m delete");
    all.put("updateKvConfig", "updateKvConfig -s NS -k a -v b");
    all.put("deleteKvConfig", "deleteKvConfig -s NS -k a");
    all.put("updateTopicPerm", "updateTopicPerm -c DefaultCluster -t ToolTopic -p 6");
    all.put("updateBrokerConfig", "updateBrokerConfig -k traceOn -v true -b " + broker);
    all.put("cleanExpiredCQ", "cleanExpiredCQ -b " + broker);
    all.put("cleanUnusedTopic", "cleanUnusedTopic -b " + broker);
    all.put("deleteExpiredCommitLog", "deleteExpiredCommitLog -b " + broker);
    return all;
  }

  private static Map<String, String> moving(String broker) {
    Map<String, String> all = new LinkedHashMap<>();
    String group = " -t ToolTopic -g tool_consumer ";
    String idle = " -t ToolTopic -g tool_idle ";
    all.put("cloneGroupOffset", "cloneGroupOffset -s tool_consumer -d tool_idle -t ToolTopic -o true");
    all.put("resetOffsetByTime", "resetOffsetByTime -s 0 -f true" + group);
    all.put("resetOffsetByTime-now", "resetOffsetByTime -s now" + group);
    all.put("resetOffsetByTime-idle", "resetOffsetByTime -s 0" + idle);
    all.put("resetOffsetByTime-end", "resetOffsetByTime -s -1" + idle);
    all.put("resetOffsetByTime-queue", "resetOffsetByTime -s 0 -q 0 -o 1" + idle + "-b " + broker);
    all.put("resetOffsetByTime-far", "resetOffsetByTime -s 0 -q 0 -o 99" + idle + "-b " + broker);
    all.put("resetOffsetByTime-unknown", "resetOffsetByTime -s -1 -t ToolTopic -g tool_absent");
    all.put("skipAccumulatedMessage", "skipAccumulatedMessage -f true" + group);
    all.put("skipAccumulatedMessage-idle", "skipAccumulatedMessage -f true" + idle);
    all.put("wipeWritePerm", "wipeWritePerm -b broker-a");
    all.put("addWritePerm", "addWritePerm -b broker-a");
    return all;
  }
}
